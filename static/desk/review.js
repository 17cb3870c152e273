// The review page: words that are selected can be commented; who else looks, and whether it changed since.
(() => {
  const ready = () => {
    const quote = document.getElementById("quote"), about = document.getElementById("about");
    document.addEventListener("mouseup", () => {
      const chosen = document.getSelection();
      const place = chosen.anchorNode?.parentElement?.closest("article.frame");
      const text = chosen.toString().trim();
      if (!quote || !place || text.length < 3) return;
      quote.value = text.slice(0, 1000);
      about.value = place.id;
      document.getElementById("new-comment").open = true;
    });

    const form = document.getElementById("presence");
    if (!form) return;
    const look = async () => {
      if (document.visibilityState === "visible") {
        const answer = await fetch(form.action, { method: "POST", body: new FormData(form) }).catch(() => null);
        if (answer?.ok) {
          const page = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("others");
          const here = document.getElementById("others");
          if (page && here.innerHTML !== page.innerHTML) here.innerHTML = page.innerHTML;
          const seen = form.dataset.seals;
          if (page && page.dataset.seals !== seen) pause();
        }
      }
      setTimeout(look, 25000);
    };
    look();
  };
  // What is on the screen is not what stands there any more: nobody decides about it.
  const pause = () => {
    document.getElementById("changed-meanwhile").hidden = false;
    document.querySelectorAll(".decision-bar [data-dialog]").forEach((button) => { button.disabled = true; });
  };
  document.readyState === "loading" ? document.addEventListener("DOMContentLoaded", ready) : ready();
})();
