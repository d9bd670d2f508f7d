"""What all pages share: the frame around them, the navigation and the notices about the history."""

from __future__ import annotations

import base64

import streamlit as st

from checks.history import HistoryError
from dashboard import (
    anomalies,
    contracts,
    dataset,
    incident,
    incidents,
    lineage,
    links,
    load,
    load_incidents,
    nav,
    objectives,
    overview,
    runs,
    sources,
    theme,
    words,
)

_SIGN = """<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24" viewBox="0 0 24 24">
<path d="M1 13h5l3-8 5 15 3.5-10 1.5 3h4" fill="none" stroke="#1f9e86" stroke-width="2.6"
 stroke-linecap="round" stroke-linejoin="round"/></svg>"""
_LOGO = """<svg xmlns="http://www.w3.org/2000/svg" width="92" height="24" viewBox="0 0 92 24">
<path d="M1 13h5l3-8 5 15 3.5-10 1.5 3h4" fill="none" stroke="#1f9e86" stroke-width="2.2"
 stroke-linecap="round" stroke-linejoin="round"/>
<text x="31" y="18" font-family="Source Sans,Helvetica,Arial,sans-serif" font-size="17" font-weight="600"
 fill="#7d8a97">Vitals</text></svg>"""


def main() -> None:
    """Draws the view that the URL asks for."""
    st.set_page_config(page_title="Vitals", page_icon=_image(_SIGN), layout="wide", initial_sidebar_state="collapsed")
    pages = {
        "overview": st.Page(overview.page, title="Overview", icon=":material/monitor_heart:", default=True),
        "dataset": st.Page(dataset.page, title="Dataset", icon=":material/table_chart:", url_path="dataset"),
        "incidents": st.Page(incidents.page, title=_incidents(), icon=":material/emergency:", url_path="incidents"),
        "incident": st.Page(incident.page, title="Incident", url_path="incident", visibility="hidden"),
        "anomalies": st.Page(anomalies.page, title="Anomalies", icon=":material/troubleshoot:", url_path="anomalies"),
        "lineage": st.Page(lineage.page, title="Lineage", icon=":material/account_tree:", url_path="lineage"),
        "contracts": st.Page(contracts.page, title="Contracts", icon=":material/contract:", url_path="contracts"),
        "objectives": st.Page(
            objectives.page, title="Service levels", icon=":material/speed:", url_path="service-levels"
        ),
        "runs": st.Page(runs.page, title="Runs", icon=":material/history:", url_path="runs"),
        "sources": st.Page(sources.page, title="Sources", icon=":material/database:", url_path="sources"),
    }
    nav.register(pages)
    st.html(theme.STYLE)
    st.html(links.SCRIPT, unsafe_allow_javascript=True)  # a constant: nothing of a warehouse is in it
    current = st.navigation(list(pages.values()), position="top")
    st.logo(_image(_LOGO), size="medium")
    for notice in load.notices():
        st.warning(words.plain(notice[:1].upper() + notice[1:]), icon=":material/warning:")
    current.run()


def _incidents() -> str:
    """The entry of the Incidents page, with how many are open."""
    try:
        still = len(load_incidents.open_ones())
    except HistoryError:
        return "Incidents"  # the page itself says what is wrong
    return f"Incidents ({still})" if still else "Incidents"


def _image(svg: str) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()
