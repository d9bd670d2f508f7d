"""What config.toml may say, and what is answered when it says something else."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.config import (
    AppConfig,
    ChannelConfig,
    ConfigError,
    ConsumerConfig,
    DatasetConfig,
    DatasetDetection,
    DetectionConfig,
    LineageConfig,
    NotifyConfig,
    ScheduleConfig,
    SourceConfig,
    load,
)
from checks.contracts import Contracts
from checks.contracts.declare import declared
from checks.contracts.extras import ON_OBJECTS, ON_RULES
from checks.notify.channels import channels_of
from checks.records import Detection
from checks.values import Secret, cron, duration
from connectors import TableName

SOURCE = '[sources.warehouse]\nurl = "duckdb://warehouse.duckdb"\n'


APP_KEYS = ("history", "contracts", "timezone", "address", "port", "token", "allow_open", "heartbeat", "public_url")


@pytest.fixture
def read(tmp_path: Path):
    """Loads a configuration from its text."""

    def _read(text: str, environ: dict[str, str] | None = None):
        path = tmp_path / "config.toml"
        path.write_text(text, encoding="utf-8")
        return load(path, environ or {})

    return _read


@pytest.fixture
def problems_of(read):
    """The problems of a configuration, without the file in front."""

    def _problems(text: str, environ: dict[str, str] | None = None) -> list[str]:
        with pytest.raises(ConfigError) as caught:
            read(text, environ)
        assert all("config.toml" in problem for problem in caught.value.problems)
        return [problem.split("config.toml", 1)[1].removeprefix(": ") for problem in caught.value.problems]

    return _problems


def test_a_source_with_a_url_is_enough(read):
    config = read(SOURCE)
    assert config.sources["warehouse"].url.reveal() == "duckdb://warehouse.duckdb"
    assert config.sources["warehouse"].timeout == timedelta(seconds=60)
    assert config.sources["warehouse"].include == ("*",)
    assert (config.schedule.default, config.schedule.history_days) == ("0 * * * *", 90)
    assert (config.app.address, config.app.port, config.app.token) == ("127.0.0.1", 8501, None)


def test_relative_paths_start_at_the_folder_of_the_file(read, tmp_path: Path):
    config = read('[app]\nhistory = "state/h.duckdb"\ncontracts = "/etc/contracts"\n')
    assert config.base == tmp_path
    assert config.history_path == tmp_path / "state/h.duckdb"
    assert config.contracts_path == Path("/etc/contracts")


def test_loading_makes_no_folders(read, tmp_path: Path):
    read(SOURCE)
    assert [path.name for path in tmp_path.iterdir()] == ["config.toml"]


def test_everything_that_can_be_declared_is_read(read):
    config = read(
        SOURCE
        + """
        timeout = "2m"
        concurrency = 4
        include = ["sales.*", "hr.people"]
        exclude = "*_tmp"
        schedule = "0 6 * * 1-5"
        environment = "prod"
        [datasets."warehouse.sales.orders"]
        event_time = "ordered_at"
        key = ["order_id", "line"]
        timezone = "Europe/Berlin"
        grain = "hour"
        owner = "Checkout"
        schedule = "30 * * * *"
        """
    )
    source, dataset = config.sources["warehouse"], config.datasets["warehouse.sales.orders"]
    assert (source.timeout, source.concurrency, source.exclude) == (timedelta(minutes=2), 4, ("*_tmp",))
    assert source.schedule == "0 6 * * mon,tue,wed,thu,fri"
    assert (dataset.key, dataset.grain, dataset.owner) == (("order_id", "line"), "hour", "Checkout")


def test_references_are_filled_in_from_the_environment(read):
    text = '[sources.warehouse]\nurl = "postgres://${USER_NAME}:${PASSWORD}@db/shop"\ninclude = ["${SCHEMA}.*"]\n'
    config = read(text, {"USER_NAME": "ada", "PASSWORD": "s3cret", "SCHEMA": "sales"})
    assert config.sources["warehouse"].url.reveal() == "postgres://ada:s3cret@db/shop"
    assert config.sources["warehouse"].include == ("sales.*",)


def test_secrets_do_not_show_when_the_configuration_is_printed(read):
    config = read(
        '[app]\ntoken = "${TOKEN}"\nheartbeat = "https://hc.example/s3cret"\n[sources.a]\nurl = "postgres://a:s3cret@db/x"\n',
        {"TOKEN": "s3cret"},
    )
    assert config.app.token == Secret("s3cret")
    assert "s3cret" not in repr(config) + str(config) + repr(config.model_dump())
    assert str(config.app.token) == "***"


def test_all_problems_are_told_at_once(problems_of):
    problems = problems_of(
        """
        [app]
        port = "x"
        adress = "a"
        [sources.warehouse]
        timeout = "5 parsecs"
        url = "${NOPE}"
        [sources.Big]
        [datasets."lake.orders"]
        """
    )
    assert problems == [
        "sources.warehouse.url: the environment variable NOPE is not set; set it before starting",
        'app.port: "x" is wrong; it must be a whole number',
        f"app.adress: is not a key that Vitals knows; did you mean address? allowed here: {', '.join(APP_KEYS)}",
        'sources.warehouse.timeout: "5 parsecs" is not a duration; write for example 30s, 5m or 2h',
        "sources.Big.url: is required",
        "sources.Big: is not a name for a source; write lower-case letters, digits and _, a letter first",
        'datasets."lake.orders": does not start with the name of a source (known: warehouse, Big)',
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[app]\ntimezone = "Mars"', 'app.timezone: "Mars" is not a time zone; write an IANA name'),
        ('[schedule]\ndefault = "0 * * *"', 'schedule.default: "0 * * *" is not a cron line; write five fields'),
        ('[schedule]\ndefault = "61 * * * *"', 'schedule.default: "61 * * * *" is not a cron line: Error validating'),
        ("[schedule]\nfull_every = 0", "schedule.full_every: 0 is no time at all"),
        ('[incidents]\nreopen_within = "999999d"', 'incidents.reopen_within: "999999d" is longer than 100 years'),
        ("incidents = 5", "incidents: 5 is wrong; it must be a section with keys of its own"),
        ("[lineage]\ndbt = 5", "lineage.dbt: 5 is wrong; it must be text, or a list of texts"),
        ('[consumers." "]\nreads = "a.b"', 'consumers."": has no name; write who reads the data'),
        ('[app]\npublic_url = "https://u:hunter2@x.org"', "app.public_url: holds a user or password; leave that out"),
        ("[schedule]\nattempts = 0", "schedule.attempts: 0 is wrong; it must be greater than or equal to 1"),
        ("[app]\nport = 70000", "app.port: 70000 is wrong; it must be less than or equal to 65535"),
        ('[source.warehouse]\nurl = "x"', "source: is not a key that Vitals knows; did you mean sources?"),
        ('[sources.a]\nurl = "${my-var}"', 'sources.a.url: "${my-var" is not a reference; write ${NAME}'),
        ('[sources.a]\nurl = ""', "sources.a.url: is empty"),
        (SOURCE + '[datasets."warehouse.a"]\ngrain = 1', 'datasets."warehouse.a".grain: 1 is wrong; it must be'),
        ('[app]\nheartbeat = "hc.example"', "app.heartbeat: is not a URL"),
        ("[detection]\non = 7", "detection.on: 7 is wrong; it must be a valid boolean"),
        ("[detection]\nalerts_per_90_days = 0", "detection.alerts_per_90_days: 0 is wrong; it must be greater than 0"),
        ("[detection]\nalerts_per_90_days = nan", "detection.alerts_per_90_days: NaN is wrong; it must be"),
        ("[detection]\nalerts_per_90_days = 91", "detection.alerts_per_90_days: 91 is wrong; it must be less than"),
        ('[detection]\nholidays = "Mars"', 'detection.holidays: "Mars" is not a country whose holidays'),
        ('[detection]\nholidays = ["DE"]', 'detection.holidays: ["DE"] is wrong; it must be text'),
        ("[detection]\nalerts = 1", "detection.alerts: is not a key that Vitals knows; did you mean alerts_per"),
        (
            SOURCE + '[datasets."warehouse.a".detection]\nholidays = "D"',
            'datasets."warehouse.a".detection.holidays: "D" is not a country whose holidays are known',
        ),
        (
            SOURCE + '[datasets."warehouse.a".detection]\nof = true',
            'datasets."warehouse.a".detection.of: is not a key that Vitals knows; did you mean on? allowed here: on, ',
        ),
    ],
)  # fmt: skip
def test_a_wrong_value_is_told_with_its_key_and_what_is_allowed(problems_of, text: str, problem: str):
    assert [told[: len(problem)] for told in problems_of(text)] == [problem]


def test_a_dataset_is_watched_as_detection_says_but_for_what_it_says_itself(read):
    config = read(
        SOURCE
        + """
        [detection]
        holidays = "de"
        alerts_per_90_days = 2
        [datasets."warehouse.main.a".detection]
        alerts_per_90_days = 0.5
        [datasets."warehouse.b".detection]
        on = false
        holidays = "US"
        """
    )
    tables = {"warehouse": [TableName("main", name) for name in "abc"]}
    assert {each.table.name: each.detection for each in declared(Contracts(), config, tables)} == {
        "a": Detection(True, 0.5, "DE"),
        "b": Detection(False, 2.0, "US"),
        "c": Detection(True, 2.0, "DE"),
    }


def test_the_value_of_a_reference_is_not_shown(problems_of):
    (problem,) = problems_of('[sources.a]\nurl = "x"\ntimeout = "${PASSWORD}"\n', {"PASSWORD": "s3cret"})
    assert problem == 'sources.a.timeout: "${PASSWORD}" is not a duration; write for example 30s, 5m or 2h'


def test_text_that_is_no_toml_is_told_with_its_line(problems_of):
    assert problems_of("[app]\nport = = 1\n")[0].startswith(":2: is not TOML")


def test_a_missing_file_is_told_with_how_to_start_one(tmp_path: Path):
    with pytest.raises(ConfigError, match=r"there is no such file.*\n\[sources.warehouse\]\nurl = "):
        load(tmp_path / "config.toml", {})


@pytest.mark.parametrize("address", ["0.0.0.0", "192.168.1.4", "::", "vitals.example.org"])
def test_an_address_that_others_reach_needs_a_token(problems_of, read, address: str):
    text = f'[app]\naddress = "{address}"\n'
    assert problems_of(text)[0].startswith(f'app.token: is required because the address "{address}" can be reached')
    assert not read(text + 'token = "t"').app.is_loopback
    assert read(text + "allow_open = true").app.token is None


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_a_loopback_address_needs_no_token(read, address: str):
    assert read(f'[app]\naddress = "{address}"').app.is_loopback


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("30s", 30), ("5m", 300), ("2h", 7200), ("1d", 86400), ("1w", 604800), ("1h30m", 5400), ("1.5h", 5400), (45, 45)],
)
def test_durations(written: object, seconds: float):
    assert duration(written) == timedelta(seconds=seconds)


@given(st.lists(st.tuples(st.integers(0, 10_000), st.sampled_from("smhdw")), min_size=1, max_size=3))
def test_a_duration_is_the_sum_of_its_parts(parts: list[tuple[int, str]]):
    seconds = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
    written = " ".join(f"{number}{unit}" for number, unit in parts)
    assert duration(written) == timedelta(seconds=sum(number * seconds[unit] for number, unit in parts))


@given(st.one_of(st.text(max_size=50), st.floats(), st.integers(), st.booleans(), st.none(), st.lists(st.text())))
def test_anything_else_is_a_duration_or_a_value_error(written: object):
    try:
        assert duration(written) >= timedelta()
    except ValueError as error:
        assert str(error).startswith("is ")


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("0 6 * * 0", "0 6 * * sun"),
        ("0 6 * * 7", "0 6 * * sun"),
        ("0 6 * * 1-5", "0 6 * * mon,tue,wed,thu,fri"),
        ("0 6 * * */2", "0 6 * * sun,tue,thu,sat"),
        ("0 6 * * 5-7", "0 6 * * fri,sat,sun"),
        ("0  6 * * MON-FRI", "0 6 * * mon-fri"),
    ],
)
def test_weekdays_in_cron_lines_count_from_sunday(written: str, read_as: str):
    assert cron(written) == read_as


@pytest.mark.parametrize(
    "section",
    [
        AppConfig,
        ScheduleConfig,
        DetectionConfig,
        SourceConfig,
        DatasetConfig,
        DatasetDetection,
        LineageConfig,
        ConsumerConfig,
        NotifyConfig,
        ChannelConfig,
    ],
)
def test_every_key_is_documented(section):
    text = (Path(__file__).parents[1] / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert [key for key in section.model_fields if f"| `{key}` |" not in text] == []


def test_every_vitals_key_of_contracts_is_documented():
    text = (Path(__file__).parents[1] / "docs" / "contracts.md").read_text(encoding="utf-8")
    assert [key for key in (*ON_OBJECTS, *ON_RULES) if key not in text] == []


# -- [notify] ----------------------------------------------------------------------------------------------------------

KEY = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="


def test_a_channel_says_what_is_different_from_the_others(read):
    config = read(
        f"""
        [app]
        timezone = "Europe/Berlin"
        [notify]
        quiet = "22:00-07:00"
        remind = "2h"
        default = "ops"
        [notify.ops]
        url = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
        [notify.night]
        url = "https://example.com/hook"
        secret = "{KEY}"
        teams = "On call"
        severity = "critical"
        quiet = "12:00-13:00"
        remind = 0
        """
    )
    found = channels_of(config)
    ops, night = found["ops"], found["night"]
    assert (ops.teams, ops.remind, str(ops.zone)) == (None, timedelta(hours=2), "Europe/Berlin")
    assert (night.teams, night.remind, night.severity) == (frozenset({"on call"}), timedelta(0), "critical")
    assert (str(ops.quiet[0]), str(night.quiet[0])) == ("22:00:00", "12:00:00")
    assert (ops.key, night.key) == (None, b"0123456789abcdef0123456789abcdef")
    assert config.notify.default == ("ops",)


@pytest.mark.parametrize(
    ("teams", "meant"),
    [("", None), ("teams = []", frozenset()), ('teams = "*"', None), ('consumers = "b"', frozenset())],
)
def test_a_channel_without_teams_is_for_everybody_unless_it_is_for_consumers(read, teams, meant):
    assert channels_of(read(f'[notify.a]\nurl = "json://x"\n{teams}\n'))["a"].teams == meant


def test_wrong_channels_are_told_and_no_url_is_shown(problems_of):
    problems = problems_of(
        """
        [notify]
        quite = "22:00-07:00"
        quiet = "22:00"
        default = "opps"
        [notify.ops]
        url = "json:/secretsecret"
        teems = ["A"]
        digest = "8"
        [notify.Loud]
        url = "https://example.com/secretsecret"
        [notify.hook]
        url = "https://example.com/secretsecret"
        secret = "c2hvcnQ="
        [notify.chat]
        url = "slack://x"
        secret = "c2hvcnQ="
        escalate_to = "boss"
        [notify.remind]
        url = "json://secretsecret"
        """
    )
    assert not [problem for problem in problems if "secretsecret" in problem]
    assert [problem.partition("; ")[0] for problem in problems] == [
        'notify.quiet: "22:00" are no hours',
        "notify.remind: is not a duration",
        "notify.quite: is not a table",
        "notify.ops.url: is no URL",
        'notify.ops.digest: "8" is not a time of day',
        "notify.ops.teems: is not a key that Vitals knows",
        "notify.Loud: is a webhook without a secret, and webhooks are signed",
        "notify.hook.secret: has 5 bytes, which is too short",
        "notify.chat.secret: has 5 bytes, which is too short",
        "notify.Loud: is not a name for a channel",
        'notify.default: "opps" is no channel (did you mean ops?)',
        'notify.chat.escalate_to: "boss" is no channel (there is ops, Loud, hook, chat, remind',
    ]


def test_only_webhooks_have_a_secret(problems_of):
    assert problems_of(f'[notify.a]\nurl = "slack://x"\nsecret = "{KEY}"\n') == [
        "notify.a: has a secret, which only webhooks use (a url that starts with https:// or http://)"
    ]


def test_links_lead_to_where_people_find_the_pages(read):
    assert read('[app]\npublic_url = "https://vitals.example.com/"\n').app.base_url == "https://vitals.example.com"
    assert read("[app]\nport = 9000\n").app.base_url == "http://127.0.0.1:9000"
    assert read('[app]\naddress = "::1"\n').app.base_url == "http://[::1]:8501"
