// The audit desk: quotes light up with the line to their speaker, work by keyboard, and words can be selected.
// Pages are complete without it; only selecting words needs it.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  document.body.classList.add("with-script");
  const text = document.querySelector(".text");
  const has = (name, quote) => `[data-${name}~="${quote}"]`;

  // One quote alight ------------------------------------------------------------------------------
  const reading = document.querySelector(".reading");
  let thread = null;
  if (reading) {
    thread = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    thread.setAttribute("class", "thread");
    thread.setAttribute("aria-hidden", "true");
    reading.append(thread);
  }
  const light = (quote) => {
    document.querySelectorAll(".text .lit, .text .who").forEach((e) => e.classList.remove("lit", "who"));
    if (thread) thread.replaceChildren();
    if (!quote || !text) return;
    text.querySelectorAll(has("q", quote)).forEach((e) => e.classList.add("lit"));
    const speaker = text.querySelectorAll(has("speaker", quote));
    speaker.forEach((e) => e.classList.add("who"));
    const from = text.querySelector(`span.content${has("q", quote)}`);
    if (!from || !speaker.length) return;
    const home = reading.getBoundingClientRect(), a = from.getClientRects()[0], b = speaker[0].getClientRects()[0];
    if (!a || !b) return;
    const [ax, ay, bx, by] = [a.left - home.left, a.top - home.top, b.left - home.left + b.width / 2, b.bottom - home.top];
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", `M ${ax} ${ay} C ${ax - 30} ${(ay + by) / 2}, ${bx} ${by + 30}, ${bx} ${by}`);
    thread.append(path);
  };
  const quoteOf = (element) => {
    const marked = element instanceof Element && element.closest("[data-quote], [data-q]");
    return marked ? marked.dataset.quote || marked.dataset.q.split(" ").pop() : null;
  };
  for (const kind of ["pointerover", "focusin"]) document.addEventListener(kind, (event) => {
    const quote = quoteOf(event.target);
    if (quote && quote !== "0") light(quote);
  });
  const only = document.querySelectorAll(".quote.lit");
  if (only.length === 1) light(only[0].dataset.quote);

  // An address of a quote opens its why ------------------------------------------------------------
  const open = () => {
    const quote = /^#(?:q|why-)(\d+)$/.exec(location.hash);
    const why = quote && document.getElementById(`why-${quote[1]}`);
    if (!why) return;
    why.open = true;
    light(quote[1]);
    why.scrollIntoView({ block: "nearest" });
    why.querySelector("summary").focus({ preventScroll: true });
  };
  addEventListener("hashchange", open);
  open();
  // Datasette 0.65 closes every <details> at a click beside it: a quote would close as soon as its words are selected.
  reading?.addEventListener("click", (event) => {
    event.stopPropagation();
    document.querySelectorAll("details[open]").forEach((menu) => { if (!reading.contains(menu)) menu.open = false; });
  });

  // Keys --------------------------------------------------------------------------------------------
  const summaries = [...document.querySelectorAll("li.quote summary")];
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
    const step = { j: 1, k: -1 }[event.key];
    if (step && summaries.length) {
      const here = summaries.findIndex((s) => s.closest("li").contains(document.activeElement));
      summaries[Math.min(summaries.length - 1, Math.max(0, here + step))].focus();
      event.preventDefault();
      return;
    }
    const within = document.activeElement.closest("li.quote") || document.querySelector("form.review")?.closest("aside") || document;
    const target = /^[a-z]$/.test(event.key) && (within.querySelector(`[data-key="${event.key}"]`) || document.querySelector(`a[data-key="${event.key}"]`));
    if (!target || target.disabled || (within.matches?.("li.quote") && !within.querySelector("details").open)) return;
    event.preventDefault();
    if (target.tagName === "SELECT") target.focus(); else target.click();
  });

  // Selected words ----------------------------------------------------------------------------------
  // Offsets count code points of the article; a segment that is drawn as something else counts as one.
  const place = (node, offset, end) => {
    const segment = (node.nodeType === Node.TEXT_NODE ? node.parentElement : node).closest("[data-start]");
    if (!segment || !text.contains(segment)) return null;
    const start = Number(segment.dataset.start);
    if (segment.classList.contains("number")) return start;
    if (segment.classList.contains("unseen")) return start + (end ? 1 : 0);
    return start + (node.nodeType === Node.TEXT_NODE ? [...node.data.slice(0, offset)].length : 0);
  };
  let parts = [];
  if (text) document.addEventListener("selectionchange", () => {
    const selection = getSelection();
    if (!selection.rangeCount || selection.isCollapsed) return;
    const range = selection.getRangeAt(0);
    const start = place(range.startContainer, range.startOffset, false), stop = place(range.endContainer, range.endOffset, true);
    if (start === null || stop === null || start >= stop) return;
    parts = [...(adding ? kept : []), { span: [start, stop], words: selection.toString() }].sort((a, b) => a.span[0] - b.span[0]);
    document.querySelectorAll("form.review").forEach((form) => {
      if (!form.querySelector(".picked")) return;
      form.elements.content.value = JSON.stringify(parts.map((part) => part.span));
      form.querySelector(".picked").textContent = parts.map((part) => part.words).join(" … ");
      form.querySelectorAll('[value="span"], [value="missed"]').forEach((button) => { button.disabled = false; });
    });
  });
  let adding = false, kept = [];
  text?.addEventListener("pointerdown", (event) => { adding = event.ctrlKey || event.metaKey; kept = adding ? parts : []; });
});
