// The calendar's script: drag a piece to another day, or move it by keys in a dialog. All times and
// costs are the server's; without this script the same form is a page of its own.
(() => {
  const dialog = () => document.getElementById("move-dialog");
  const read = async (address) => {
    const answer = await fetch(address, { headers: { "X-Part": "move-form" } });
    if (!answer.ok) { location.assign(address); return null; }
    return new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("move-form");
  };
  const asked = (address, values) => {
    const here = location.pathname + location.search;
    return `${address}?${new URLSearchParams({ ...values, next: here })}`;
  };

  // The words under the field are those of the server for the time that is typed.
  const follow = (form) => {
    let timer;
    const field = form.querySelector("#move-wall");
    const say = async () => {
      if (!field.value) return;
      const fresh = await read(asked(form.getAttribute("action"), { wall: field.value, zone: form.elements.zone.value }));
      if (!fresh) return;
      form.querySelector("#move-words").replaceWith(fresh.querySelector("#move-words"));
      form.querySelector("#move-button").textContent = fresh.querySelector("#move-button").textContent;
      const wrong = fresh.querySelector("#move-wall").getAttribute("aria-invalid");
      if (wrong) field.setAttribute("aria-invalid", wrong); else field.removeAttribute("aria-invalid");
    };
    field.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(say, 300); });
  };

  const open = async (address, values, isDropped) => {
    const form = await read(asked(address, values));
    if (!form) return;
    const box = dialog();
    box.replaceChildren(form);
    form.classList.remove("card");
    form.querySelector("a.button").setAttribute("data-close", "");
    follow(form);
    const costs = form.querySelector("[name=confirm]") || form.querySelector(".errorlist");
    if (isDropped && !costs) { form.requestSubmit(); return; }
    box.showModal();
    form.querySelector(isDropped && !form.querySelector(".errorlist") ? "#move-button" : "#move-wall").focus();
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-move-to]");
    if (link && dialog()) { event.preventDefault(); open(link.getAttribute("href"), {}, false); }
    if (event.target.closest("#move-dialog a[data-close]")) event.preventDefault();
  });

  let dragged = null;
  const cellOf = (event) => {
    const cell = event.target.closest("td[data-on]");
    return dragged && cell && !cell.hasAttribute("data-past") ? cell : null;
  };
  const unmark = () => document.querySelectorAll(".over").forEach((one) => one.classList.remove("over"));
  document.addEventListener("dragstart", (event) => {
    dragged = event.target.closest?.("[data-move]");
    if (dragged) { event.dataTransfer.setData("text/plain", dragged.dataset.move); event.dataTransfer.effectAllowed = "move"; }
  });
  document.addEventListener("dragover", (event) => {
    const cell = cellOf(event);
    unmark();
    if (cell) { event.preventDefault(); cell.classList.add("over"); }
  });
  document.addEventListener("dragend", () => { dragged = null; unmark(); });
  document.addEventListener("drop", (event) => {
    const cell = cellOf(event);
    if (!cell) return;
    event.preventDefault();
    unmark();
    const slot = event.target.closest("[data-slot]") || cell.querySelector("[data-slot]");
    const values = slot ? { wall: slot.dataset.slot, zone: slot.dataset.zone } : { on: cell.dataset.on };
    open(dragged.dataset.move, values, true);
  });
  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("[data-move]").forEach((one) => { one.draggable = true; });
    const form = document.querySelector("main > #move-form");
    if (form) follow(form);
  });
})();
