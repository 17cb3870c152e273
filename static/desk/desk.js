// The desk's own script: theme, menu, dialogs, live regions, shortcuts. Pages work without it.
(() => {
  const root = document.documentElement;
  const KEY = "_x_adminTheme"; // the admin's own switch keeps its choice here too
  const stored = () => { try { return JSON.parse(localStorage.getItem(KEY)); } catch { return null; } };
  const wantsDark = () => {
    const choice = stored();
    return choice === "dark" || (choice !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  };
  const paint = () => root.classList.toggle("dark", wantsDark());
  paint();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);

  const click = (event) => {
    const target = event.target.closest("[data-theme-switch],[data-menu],[data-dialog],[data-close],[data-width]");
    if (!target) return;
    if (target.hasAttribute("data-theme-switch")) {
      localStorage.setItem(KEY, JSON.stringify(wantsDark() ? "light" : "dark"));
      paint();
    } else if (target.hasAttribute("data-menu")) {
      const open = target.closest(".side").classList.toggle("open");
      target.setAttribute("aria-expanded", open);
    } else if (target.dataset.width) {
      target.closest(".frame").querySelector("iframe").style.width = `${target.dataset.width}px`;
    } else if (target.dataset.dialog) {
      const dialog = document.getElementById(target.dataset.dialog);
      dialog.showModal();
      dialog.querySelector("textarea,input:not([type=hidden]),select,button")?.focus();
    } else {
      target.closest("dialog").close();
    }
  };
  document.addEventListener("click", click);

  // A form that was sent once is not sent twice.
  document.addEventListener("submit", (event) => {
    if (event.target.dataset.sent) { event.preventDefault(); return; }
    if (event.target.method === "post") event.target.dataset.sent = "1";
  });

  // <div data-refresh="/address" data-every="3000">: replaced by the same part of a fresh page.
  const refresh = async (part) => {
    const answer = await fetch(part.dataset.refresh, { headers: { "X-Part": part.id } });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById(part.id);
    if (fresh && fresh.innerHTML !== part.innerHTML && !part.contains(document.activeElement)) part.innerHTML = fresh.innerHTML;
    if (fresh && !fresh.dataset.refresh) return;
    setTimeout(() => refresh(part), Number(part.dataset.every || 3000));
  };
  // Live counts of a form: <form data-live="/count" data-into="id">
  const live = (form) => {
    let timer;
    const ask = async () => {
      const answer = await fetch(form.dataset.live, { method: "POST", body: new FormData(form) });
      document.getElementById(form.dataset.into).textContent = (await answer.json()).text;
    };
    form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, 350); });
    ask();
  };
  const clocks = () => document.querySelectorAll("[data-clock]").forEach((clock) => {
    const format = { timeZone: clock.dataset.clock, weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
    clock.textContent = new Intl.DateTimeFormat("en-GB", format).format(new Date());
  });
  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("[data-refresh]").forEach((part) => setTimeout(() => refresh(part), Number(part.dataset.every || 3000)));
    document.querySelectorAll("form[data-live]").forEach(live);
    clocks(); setInterval(clocks, 10000);
    document.querySelector("dialog[data-open]")?.showModal();
    document.getElementById("message")?.focus({ preventScroll: Boolean(location.hash) });
  });

  // Ctrl and a key: what the page marks with data-shortcut; in an open dialog Enter is its main button.
  const SHORTCUTS = {
    n: ["new", "N", "New draft"], s: ["save", "S", "Save"], p: ["preview", "P", "See it as it will look"],
    Enter: ["submit", "Enter", "Submit, or give the answer of the open dialog"], d: ["duplicate", "D", "Duplicate"],
  };
  const LETTERS = { a: "Approve", r: "Request changes", c: "Tick the checklist", "/": "Search" };
  const answer = () => document.querySelector("dialog[open] form .main, dialog[open] form .danger");
  const marked = (name) => document.querySelector(`dialog[open] [data-shortcut~=${name}]`) || document.querySelector(`[data-shortcut~=${name}]`);
  const here = (name) => document.activeElement?.closest("form")?.querySelector(`[data-shortcut~=${name}]`);
  const found = (name) => (name === "submit" && answer()) || here(name) || marked(name);
  const line = (keys, words, isHere) => {
    const item = document.createElement("li");
    item.append(...keys.flatMap((key, place) => {
      const mark = document.createElement("kbd");
      mark.textContent = key;
      return place ? ["+", mark] : [mark];
    }), ` ${words}${isHere ? "" : " (not on this page)"}`);
    return item;
  };
  const help = () => {
    document.getElementById("help-dialog")?.remove();
    const box = document.createElement("dialog"), title = document.createElement("h2"), list = document.createElement("ul"), close = document.createElement("button");
    Object.assign(box, { id: "help-dialog" });
    box.setAttribute("aria-labelledby", "help-title");
    Object.assign(title, { id: "help-title", textContent: "Keys" });
    list.className = "plain lines";
    list.append(...Object.values(SHORTCUTS).map(([name, key, words]) => line(["Ctrl", key], words, found(name))));
    list.append(...Object.entries(LETTERS).map(([key, words]) => line([key], words, document.querySelector(`[data-key="${key}"]`))));
    list.append(line(["Ctrl", "/"], "These keys", true), line(["Esc"], "Close a dialog", true));
    Object.assign(close, { type: "button", textContent: "Close" });
    close.setAttribute("data-close", "");
    box.append(title, list, close);
    document.body.append(box);
    box.showModal();
    close.focus();
  };
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.isComposing) return;
    if (event.key === "/") { event.preventDefault(); help(); return; }
    const shortcut = SHORTCUTS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    const target = shortcut && !event.shiftKey && found(shortcut[0]);
    if (target) { event.preventDefault(); target.click(); }
  });

  // a = approve, r = request changes, c = checklist, / = search, ? = help; never while typing.
  document.addEventListener("keydown", (event) => {
    if (event.key === "?" && !event.target.closest("input,textarea,select,dialog[open]")) { help(); return; }
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input,textarea,select,dialog[open]")) return;
    const target = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (target) { event.preventDefault(); target.matches("input") ? target.focus() : target.click(); }
  });
})();
