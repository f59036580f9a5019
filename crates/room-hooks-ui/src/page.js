// Conveniences. The pages also work without this script.
"use strict";

// A button that copies the text of another element.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-copy]");
  if (!button) return;
  const text = document.getElementById(button.dataset.copy).textContent;
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Not copied: select the text";
  }
  setTimeout(() => { button.textContent = label; }, 2000);
});

// A table body to which the server adds rows at the top, as finished, escaped HTML.
for (const rows of document.querySelectorAll("tbody[data-live]")) {
  const status = document.querySelector("[data-live-status]");
  const source = new EventSource(rows.dataset.live);
  source.onopen = () => { status.textContent = "Live."; };
  source.onerror = () => { status.textContent = "Not connected: new rows are missing. Trying again."; };
  source.onmessage = (message) => {
    const template = document.createElement("template");
    template.innerHTML = message.data;
    rows.prepend(template.content);
    while (rows.rows.length > Number(rows.dataset.limit)) rows.lastElementChild.remove();
  };
}

// Keys: "/" for the filter, "j" and "k" for the next and the previous row.
document.addEventListener("keydown", (event) => {
  if (event.target.closest("input, select, textarea") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/") {
    document.querySelector("input[type=search]")?.focus();
    event.preventDefault();
  } else if (event.key === "j" || event.key === "k") {
    const links = [...document.querySelectorAll("tbody a")];
    const at = links.indexOf(document.activeElement);
    links[event.key === "j" ? Math.min(at + 1, links.length - 1) : Math.max(at - 1, 0)]?.focus();
  }
});
