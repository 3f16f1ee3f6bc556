"use strict";
/* The page is whole without this: it opens chapters, says how wide tables go on, and sorts and filters. */

/* A link into a folded chapter opens it; the browser does so too where it can. */
const unfold = () => {
  const place = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let part = place; part; part = part.parentElement) if (part.tagName === "DETAILS") part.open = true;
  if (place) place.scrollIntoView();
};
addEventListener("hashchange", unfold);
unfold();
addEventListener("beforeprint", () => document.querySelectorAll("details.chapter").forEach((part) => { part.open = true; }));
document.querySelectorAll("nav a").forEach((link) => link.addEventListener("click", () => {
  if (link.hash === location.hash) unfold();
  link.closest("nav").querySelector("details")?.removeAttribute("open");
}));

/* Wide tables: how many columns are out of sight, to the right and to the left. */
const tell = (box) => {
  const note = box.nextElementSibling;
  const wide = box.scrollWidth > box.clientWidth + 1;
  const goesOn = wide || box.scrollHeight > box.clientHeight + 1;
  if (goesOn) box.setAttribute("tabindex", "0"); else box.removeAttribute("tabindex");
  if (!note || !note.classList.contains("more")) return;
  const heads = [...box.querySelectorAll("thead tr:first-child th")];
  const seen = box.getBoundingClientRect();
  const right = heads.filter((head) => head.getBoundingClientRect().right > seen.right + 8).length;
  const left = heads.filter((head) => head.getBoundingClientRect().left < seen.left - 8).length;
  const sides = [left && `${left} to the left`, right && `${right} to the right`].filter(Boolean);
  note.textContent = sides.length ? `${heads.length} columns, ${sides.join(" and ")}` : wide ? `${heads.length} columns` : "";
};
const boxes = [...document.querySelectorAll(".scroll")];
boxes.forEach((box) => { tell(box); box.addEventListener("scroll", () => tell(box), { passive: true }); });
addEventListener("resize", () => boxes.forEach(tell));
document.querySelectorAll("main details").forEach((fold) =>
  fold.addEventListener("toggle", () => fold.querySelectorAll(".scroll").forEach(tell)));

/* Sorting and filtering: numbers are read back from what the page shows. */
const SMALL = "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079";
const number = (text) => {
  const plain = text.replace(/,/g, "").replace(/\u2212/g, "-")
    .replace(/ ?\u00d7 ?10([\u207b\u2070\u00b9\u00b2\u00b3\u2074-\u2079]+)/, (_, power) =>
      "e" + [...power].map((sign) => (sign === "\u207b" ? "-" : SMALL.indexOf(sign))).join(""));
  return plain === "\u221e" ? Infinity : plain === "-\u221e" ? -Infinity : parseFloat(plain);
};
const compare = (one, other, isNumber) => {
  if (!isNumber) return one.localeCompare(other, "en", { numeric: true });
  const [a, b] = [number(one), number(other)];
  return Number.isNaN(a) || Number.isNaN(b) ? Number.isNaN(a) - Number.isNaN(b) : a === b ? 0 : a < b ? -1 : 1;
};
document.querySelectorAll(".filtered").forEach((part) => {
  const body = part.querySelector("tbody");
  const rows = [...body.rows].map((row) => ({ row, cells: [...row.cells].map((cell) => cell.textContent) }));
  rows.forEach((each) => { each.text = each.cells.join(" ").toLowerCase(); });
  const heads = [...part.querySelectorAll("thead th")];
  heads.forEach((head, place) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((each) => each.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const empty = (text) => text === "" || text === "\u2013";
      const order = rows.toSorted ? rows.toSorted.bind(rows) : (by) => [...rows].sort(by);
      body.append(...order((one, other) => {
        const [a, b] = [one.cells[place], other.cells[place]];
        if (empty(a) || empty(b)) return empty(a) - empty(b);
        const sign = compare(a, b, head.classList.contains("n"));
        return down ? -sign : sign;
      }).map((each) => each.row));
    });
  });
  const form = part.querySelector("form");
  const count = part.querySelector(".count");
  const all = count.textContent;
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => {
    const words = form.elements.words.value.toLowerCase().split(/\s+/).filter(Boolean);
    const chosen = [...form.querySelectorAll("select")].filter((each) => each.value);
    let shown = 0;
    rows.forEach(({ row, cells, text }) => {
      const fits = words.every((word) => text.includes(word)) &&
        chosen.every((each) => cells[Number(each.dataset.column)] === each.value);
      row.hidden = !fits;
      shown += fits;
    });
    count.textContent = shown === rows.length ? all : `${shown.toLocaleString("en")} of ${all.replace(".", "")} fit.`;
    tell(part.querySelector(".scroll"));
  });
});
