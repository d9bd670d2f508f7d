"""The graph as commands with --json and the HTTP API answer it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from checks.answers import moment
from checks.lineage.graph import Edge, Graph, Kind
from checks.lineage.known import Job, Lineage
from checks.monitor import Monitor
from checks.records import Health, RunState

Document = dict[str, Any]
_WATCHED = (Kind.TABLE, Kind.VIEW)
_STATES = {
    RunState.RUNNING: "running",
    RunState.COMPLETE: "complete",
    RunState.FAIL: "failed",
    RunState.ABORT: "aborted",
}


def answer(monitor: Monitor, name: str | None) -> Document:
    """The whole graph, or what has to do with one dataset or consumer. Raises UnknownDataset."""
    found = monitor.lineage()
    healths = {each.name: each.health for each in monitor.status(None, monitor.clock())}
    told = Told(found, healths)
    if name is None:
        return told.whole()
    return told.of(name if name in found.graph.nodes else monitor.named([name])[0].name)


@dataclass(frozen=True, slots=True)
class Told:
    """A graph with the health of its datasets, put into documents."""

    lineage: Lineage
    healths: Mapping[str, Health]

    @property
    def graph(self) -> Graph:
        return self.lineage.graph

    @property
    def failing(self) -> list[str]:
        """The datasets of the graph that fail."""
        return [name for name, health in self.healths.items() if health is Health.FAILING and name in self.graph.nodes]

    def whole(self) -> Document:
        """{"nodes": [...], "edges": [...], "causes": [...], "notes": [...], "complete": bool}. A cause is a failing
        dataset with no failing one above it, with the failing ones that are made from it."""
        return {
            "nodes": [self._node(name) for name in self.graph.nodes],
            "edges": _edges(self.graph),
            "causes": self._causes(),
            **self._rest(),
        }

    def of(self, name: str) -> Document:
        """What is above and below one node, what its trouble reaches, and where the cause of its own may be."""
        around, radius = self.graph.around(name), self.graph.blast_radius(name)
        causes = self.graph.most_upstream(self.failing).get(name, ())
        return {
            **self._node(name),
            "upstream": self._steps(self.graph.upstream(name)),
            "downstream": self._steps(self.graph.downstream(name)),
            "refers_to": list(self.graph.refers_to(name)),
            "referred_by": list(self.graph.referred_by(name)),
            "blast_radius": {
                "datasets": list(radius.datasets),
                "consumers": list(radius.consumers),
                "referring": list(radius.referring),
                "owners": self._owners([name, *radius.datasets, *radius.consumers, *radius.referring]),
            },
            "causes": [each for each in causes if each != name],
            "nodes": [self._node(each) for each in around.nodes],
            "edges": _edges(around),
            **self._rest(),
        }

    # -- parts ---------------------------------------------------------------------------------------------------------

    def _node(self, name: str) -> Document:
        node = self.graph.nodes[name]
        health = self.healths.get(name, Health.UNKNOWN) if node.kind in _WATCHED else None
        jobs = [_job(job) for job in self.lineage.jobs.get(name, ())]
        about = {"name": name, "kind": node.kind, "health": health, "owner": node.owner}
        return about | {"consumer": node.consumer, "url": node.url, "jobs": jobs}

    def _steps(self, distances: Mapping[str, int]) -> list[Document]:
        return [self._node(name) | {"distance": distance} for name, distance in distances.items()]

    def _causes(self) -> list[Document]:
        explained: dict[str, list[str]] = {}
        for name, causes in self.graph.most_upstream(self.failing).items():
            for cause in causes:
                explained.setdefault(cause, []).append(name)
        return [
            {"dataset": cause, "failing_below": sorted(set(names) - {cause})}
            for cause, names in sorted(explained.items())
        ]

    def _owners(self, names: Collection[str]) -> list[str]:
        return sorted({owner for name in names if (owner := self.graph.nodes[name].owner)})

    def _rest(self) -> Document:
        return {"notes": list(self.lineage.notes), "complete": self.lineage.complete}


def _edges(graph: Graph) -> list[Document]:
    return [_edge(edge) for edge in graph.edges]


def _edge(edge: Edge) -> Document:
    columns: Iterable[Document] = ({"upstream": pair.upstream, "downstream": pair.downstream} for pair in edge.columns)
    return {
        "upstream": edge.upstream,
        "downstream": edge.downstream,
        "origin": edge.origin,
        "columns": list(columns),
        "jobs": list(edge.jobs),
    }


def _job(job: Job) -> Document:
    run = job.run
    return {
        "job": job.name,
        "namespace": job.namespace,
        "state": run and _STATES[run.state],
        "started_at": run and moment(run.started_at),
        "ended_at": run and moment(run.ended_at),
        "seconds": run and run.seconds,
        "error": run and run.error,
    }
