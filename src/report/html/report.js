"use strict";
const make = (tag, text, more) => Object.assign(document.createElement(tag), { textContent: text }, more);
const key = (row, at) => {
  const text = row.cells[at] ? row.cells[at].textContent.trim() : "";
  const number = parseFloat(text.replace(/[,−]/g, (mark) => (mark === "," ? "" : "-")));
  return Number.isNaN(number) ? [1, text.toLowerCase()] : [0, number];
};
// The text of a row without that of closed details.
const seen = (row) => [...row.cells].map((cell) => [...cell.childNodes].filter((part) => part.nodeName !== "DETAILS").map((part) => part.textContent).join(" ")).join(" ");
const compare = ([kind, one], [other, two]) => kind - other || (one < two ? -1 : one > two ? 1 : 0);
for (const table of document.querySelectorAll("table.wide")) {
  const body = table.tBodies[0];
  const rows = [...body.rows];
  if (rows.length < 2) continue;
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, at) => {
    const button = make("button", head.textContent, { type: "button", className: "sort" });
    button.onclick = () => {
      const up = head.getAttribute("aria-sort") === "descending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const keyed = rows.map((row) => [key(row, at), row]);
      keyed.sort(([one], [two]) => (up ? compare(one, two) : compare(two, one)));
      body.append(...keyed.map(([, row]) => row));
    };
    head.replaceChildren(button);
  });
  if (rows.length < 9) continue;
  const bar = make("p", "", { className: "filter" });
  const label = make("label", "Filter ");
  const input = make("input", "", { type: "search" });
  const said = make("span", "", { className: "quiet small" });
  said.setAttribute("role", "status");
  label.append(input);
  bar.append(label, said);
  (table.closest(".scroll") || table).before(bar);
  input.oninput = () => {
    const words = input.value.toLowerCase();
    rows.forEach((row) => { row.hidden = !seen(row).toLowerCase().includes(words); });
    const left = rows.filter((row) => !row.hidden).length;
    said.textContent = words ? `${left} of ${rows.length} rows` : "";
  };
}
for (const line of document.querySelectorAll("pre")) {
  const button = make("button", "Copy", { type: "button", className: "copy" });
  button.onclick = () => {
    getSelection().selectAllChildren(line);
    button.textContent = document.execCommand("copy") ? "Copied" : "Selected";
  };
  line.after(button);
}
const open = () => {
  const row = document.getElementById(location.hash.slice(1));
  if (row && row.matches("tr, li")) for (const part of row.querySelectorAll("td > details")) part.open = true;
  const around = row && row.closest("details");
  if (around) around.open = true;
  if (row) row.scrollIntoView();
};
addEventListener("hashchange", open);
if (location.hash) open();
