"""How it looks: grey ink on plain ground, colour for states only, in light and in dark.

The four state colours stay apart for colour-blind readers (vermilion, amber, grey, teal) and always stand beside an
icon and a word. All of it is set here and not in a `.streamlit/config.toml`, so that it does not depend on the folder
that the app is started from.
"""

from __future__ import annotations

from dataclasses import dataclass

from checks.records import Health, Status


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one theme, as #rrggbb. `calm_*` are the grounds behind states, for large areas."""

    ground: str
    raised: str
    ink: str
    faint: str
    line: str
    accent: str
    series: str
    failing: str
    warning: str
    unknown: str
    healthy: str
    calm_failing: str
    calm_warning: str
    calm_unknown: str
    calm_healthy: str
    empty: str

    def health(self, state: Health) -> str:
        return {
            Health.FAILING: self.failing,
            Health.WARNING: self.warning,
            Health.UNKNOWN: self.unknown,
            Health.HEALTHY: self.healthy,
        }[state]

    def status(self, state: Status) -> str:
        if state in (Status.FAIL, Status.NO_DATA):
            return self.failing
        if state == Status.WARN:
            return self.warning
        return self.healthy if state == Status.PASS else self.unknown


LIGHT = Palette(
    ground="#ffffff",
    raised="#f5f6f8",
    ink="#1f2730",
    faint="#66717d",
    line="#e2e6ea",
    accent="#46596d",
    series="#5b6b7b",
    failing="#c4361b",
    warning="#935e00",
    unknown="#66717d",
    healthy="#1d7a67",
    calm_failing="#fbe9e4",
    calm_warning="#fbf1dc",
    calm_unknown="#eef0f3",
    calm_healthy="#e3f2ee",
    empty="#f1f3f5",
)
DARK = Palette(
    ground="#14181d",
    raised="#1c2127",
    ink="#e4e8ec",
    faint="#97a2ae",
    line="#2d343c",
    accent="#a9bccf",
    series="#93a3b3",
    failing="#ff8766",
    warning="#efbd55",
    unknown="#97a2ae",
    healthy="#5cc0a6",
    calm_failing="#3d211b",
    calm_warning="#382c15",
    calm_unknown="#262c33",
    calm_healthy="#183029",
    empty="#1d2228",
)


#: the colour of the palette that a state has, by the icon that it begins with
INK_OF_ICON = {
    "✕": "failing",
    "∅": "failing",
    "▲": "warning",
    "✓": "healthy",
    "?": "unknown",
    "!": "unknown",
    "…": "unknown",
    "–": "unknown",
    "▇": "failing",
    "▅": "failing",
    "▃": "warning",
    "▁": "unknown",
}


def palette(kind: str | None) -> Palette:
    """The palette of 'light' or 'dark'; light where the browser did not say."""
    return DARK if kind == "dark" else LIGHT


#: What Streamlit's options do not say, for narrow screens first: a link is read whole, over as many lines as it takes;
#: the findings of an incident stand below it, and look like no menu; a graph is as large as its letters need, and moves
#: sideways. What the keyboard has reached is seen: a faint ground alone is not. What was chosen is
#: ink on a calm ground: white letters on the accent of the dark theme could not be read.
STYLE = """<style>
[data-testid="stPageLink-NavLink"] span, [data-testid="stPageLink-NavLink"] [data-testid="stMarkdownContainer"],
[data-testid="stPageLink-NavLink"] p { white-space: normal; overflow: visible; overflow-wrap: anywhere; }
[data-testid="stPageLink-NavLink"] { height: auto; }
[data-testid="stPageLink-NavLink"]:focus-visible, [data-testid="stTopNavLink"]:focus-visible,
[data-testid="stBaseButton-elementToolbar"]:focus-visible { outline: 2px solid currentColor; outline-offset: 1px; }
[data-testid="stMultiSelect"] [data-tag] { color: inherit; background: rgba(128, 145, 162, 0.25); }
.st-key-reasons a:not(:hover) { background: transparent; }
.st-key-reasons p { font-weight: 400; }
[class*="st-key-of-incident-"] { padding-left: 1rem; }
[class*="st-key-entry-"] { border-bottom: 1px solid rgba(128, 145, 162, 0.25); padding: 0.2rem 0 0.4rem; }
[class*="st-key-entry-"] [data-testid="stElementContainer"]:not(:has(a)),
[class*="st-key-told-"] [data-testid="stElementContainer"]:not(:has(a)) { padding-left: 0.5rem; }
[data-testid="stElementContainer"]:has([data-testid="stHtml"] > script) { display: none; }
[data-testid="stGraphVizChart"] { overflow-x: auto; }
[data-testid="stGraphVizChart"] svg { max-width: max(100%, 700px); height: auto; }
</style>"""


def options() -> dict[str, object]:
    """The theme as Streamlit's own settings."""
    shared = {
        "theme.baseFontSize": 15,
        "theme.baseRadius": "4px",
        "theme.headingFontSizes": ["1.55rem", "1.2rem", "1.02rem", "0.95rem", "0.9rem", "0.85rem"],
        "theme.headingFontWeights": [600, 600, 600, 600, 600, 600],
        "theme.codeFontSize": "0.82rem",
        "theme.paddingTop": "1.2rem",
        "theme.paddingBottom": "3rem",
        "theme.linkUnderline": False,
        "theme.showWidgetBorder": True,
    }
    return shared | _of("light", LIGHT) | _of("dark", DARK)


def _of(kind: str, colours: Palette) -> dict[str, object]:
    states = {
        "blue": (colours.faint, colours.raised),
        "red": (colours.failing, colours.calm_failing),
        "orange": (colours.warning, colours.calm_warning),
        "gray": (colours.unknown, colours.calm_unknown),
        "green": (colours.healthy, colours.calm_healthy),
    }
    named = {
        "backgroundColor": colours.ground,
        "secondaryBackgroundColor": colours.raised,
        "textColor": colours.ink,
        "borderColor": colours.line,
        "dataframeBorderColor": colours.line,
        "primaryColor": colours.accent,
        "linkColor": colours.accent,
        "codeBackgroundColor": colours.raised,
        "codeTextColor": colours.ink,
        "chartCategoricalColors": [colours.series, colours.accent, colours.faint],
    }
    for name, (ink, ground) in states.items():
        named |= {f"{name}Color": ink, f"{name}TextColor": ink, f"{name}BackgroundColor": ground}
    return {f"theme.{kind}.{key}": value for key, value in named.items()}
