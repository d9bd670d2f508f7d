"""Links in what is drawn as HTML, which Streamlit knows nothing of: without help a click on one would load the whole
app anew."""

from __future__ import annotations

#: A plain click goes on within the app, as the links of Streamlit do; with Ctrl, Shift or the middle button it is the
#: browser's. The link that the keyboard stands on keeps the focus when a refresh draws its table anew.
SCRIPT = """<script>
(() => {
  if (window.vitalsLinks) return;
  window.vitalsLinks = true;
  const drawn = ".vitals-table a, .vitals-heat a, [data-testid=stGraphVizChart] a";
  const address = link => link.getAttribute("href") ?? link.getAttribute("xlink:href");
  let reached = null;
  document.addEventListener("click", event => {
    const link = event.target.closest(drawn);
    if (!link || event.defaultPrevented || event.button) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    history.pushState({}, "", new URL(address(link), location.href));
    window.dispatchEvent(new PopStateEvent("popstate"));
  });
  document.addEventListener("focusin", event => { reached = event.target.closest(drawn); });
  document.addEventListener("pointerdown", () => { reached = null; });
  new MutationObserver(() => {
    if (!reached || reached.isConnected || document.activeElement !== document.body) return;
    const same = [...document.querySelectorAll(drawn)].find(link => address(link) === address(reached));
    if (same) same.focus({ preventScroll: true });
  }).observe(document.body, { childList: true, subtree: true });
})();
</script>"""
