"""What a reader chose lives in the URL, so that every view can be sent to a colleague.

A widget's state follows the query parameter of the same name and the other way round. Streamlit's own binding writes
the label of an option into the URL, and labels here carry counts and icons that change.
"""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st


def key(name: str) -> str:
    return f"url-{name}"


def seed(name: str, default: str | None = None, allowed: Sequence[str] | None = None) -> str:
    """Puts the URL's value (or the default) into the widget that is drawn next; answers the widget's key."""
    given = [value for value in st.query_params.get_all(name) if allowed is None or value in allowed]
    _follow(name, given[0] if given else default)
    return key(name)


def seed_many(name: str, allowed: Sequence[str]) -> str:
    """The same for a widget with several choices."""
    _follow(name, [value for value in st.query_params.get_all(name) if value in allowed])
    return key(name)


def _follow(name: str, value: object) -> None:
    # only when the URL has changed since it was last looked at: else the reader's newest click would be undone
    seen = f"url-seen-{name}"
    in_url = st.query_params.get_all(name)
    if key(name) not in st.session_state or st.session_state.get(seen) != in_url:
        st.session_state[key(name)] = value
    st.session_state[seen] = in_url


def keep(name: str, default: str | None = None) -> None:
    """The widget's on_change: writes its value into the URL, nothing for the default."""
    value = st.session_state.get(key(name))
    if not value or value == default:
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = value
    st.session_state[f"url-seen-{name}"] = st.query_params.get_all(name)


def one_of(name: str, options: Sequence[str]) -> str | None:
    """A choice of one of the options, or of any; nothing is drawn where there is nothing to choose from. What the URL
    asks for is an option too: that nothing is so is an answer."""
    asked = st.query_params.get(name)
    options = [*options, asked] if asked and asked not in options else options
    if len(options) < 2:
        return None
    return st.selectbox(
        name.capitalize(),
        options,
        index=None,
        key=seed(name, None, options),
        on_change=keep,
        args=(name,),
        placeholder=f"any {name}",
        label_visibility="collapsed",
        width=170,  # two of them beside each other on a phone
    )
