// Unpacks the rows of the page (packed.js) and shows them: sorted, searched, and saved as TSV.
const ROWS = 50; // on a page
const root = document.getElementById("tables");
const state = { table: 0, words: "", sort: -1, down: false, page: 0, shown: [] };
let tables = [];

const words = (column, row) => {
  const cell = column.cells[row];
  if (cell === null || cell === "") return "";
  return column.digits === null ? cell : cell.toLocaleString("en", {
    minimumFractionDigits: column.digits, maximumFractionDigits: column.digits });
};

// "k562 loops>3 gene=TAL1": each word stands in the row, or compares the column that it names.
function test(columns, word) {
  const found = word.match(/^(.+?)(>=|<=|>|<|=)(.+)$/);
  const named = found && columns.find((c) => c.head.toLowerCase().replace(/[^a-z0-9]/g, "")
    .startsWith(found[1].toLowerCase().replace(/[^a-z0-9]/g, "")));
  if (!named) {
    const low = word.toLowerCase();
    return (row) => columns.some((c) => String(c.cells[row] ?? "").toLowerCase().includes(low));
  }
  const [, , sign, wanted] = found;
  if (sign === "=" && named.digits === null) {
    const low = wanted.toLowerCase(); // one of the names in a cell such as "NFYA, REST"
    return (row) => named.cells[row].toLowerCase().split(", ").includes(low);
  }
  const number = Number(wanted);
  const compare = { ">": (a) => a > number, "<": (a) => a < number, "=": (a) => a === number,
    ">=": (a) => a >= number, "<=": (a) => a <= number }[sign];
  return (row) => named.cells[row] !== null && compare(named.cells[row]);
}

function select() {
  const { columns } = tables[state.table];
  const tests = state.words.split(/\s+/).filter(Boolean).map((word) => test(columns, word));
  state.shown = columns[0].cells.map((_, row) => row).filter((row) => tests.every((t) => t(row)));
  if (state.sort >= 0) {
    const { cells, digits } = columns[state.sort];
    const turn = state.down ? -1 : 1;
    const absent = (cell) => cell === null || cell === "";
    state.shown.sort((a, b) => {
      if (absent(cells[a]) || absent(cells[b])) return absent(cells[a]) - absent(cells[b]);
      return turn * (digits === null ? cells[a].localeCompare(cells[b], "en", { numeric: true })
        : cells[a] - cells[b]);
    });
  }
  draw();
}

function save() {
  const { name, columns } = tables[state.table];
  const lines = [columns.map((c) => c.head).join("\t")];
  for (const row of state.shown) lines.push(columns.map((c) => c.cells[row] ?? "NA").join("\t"));
  const href = URL.createObjectURL(new Blob([lines.join("\n") + "\n"]));
  element("a", "", { href, download: `${name}.tsv` }).click();
  setTimeout(() => URL.revokeObjectURL(href), 1000);
}

function open(number, text) {
  Object.assign(state, { table: number, words: text, sort: -1, down: false, page: 0 });
  root.querySelector("input").value = text;
  select();
}

function cell(column, row) {
  const made = element("td", words(column, row), column.digits === null ? {} : { className: "number" });
  const loops = tables.findIndex((t) => t.name === "loops");
  if (column.key === "gene" && tables[state.table].name === "genes" && tables[loops].columns[0].cells.length) {
    const line = tables[state.table].columns[0].cells[row];
    made.replaceChildren(element("a", column.cells[row], { href: "#", title: "its loops",
      onclick: (event) => {
        event.preventDefault();
        open(loops, `cellline=${line} genes=${column.cells[row]}`);
      } }));
  }
  return made;
}

function draw() {
  const { columns } = tables[state.table];
  const head = element("tr");
  columns.forEach((column, i) => {
    const arrow = state.sort === i ? (state.down ? " ▼" : " ▲") : "";
    const made = element("th", column.head + arrow, { tabIndex: 0, title: "sort",
      className: column.digits === null ? "" : "number" });
    made.onclick = () => {
      state.down = state.sort === i ? !state.down : column.digits !== null;
      Object.assign(state, { sort: i, page: 0 });
      select();
    };
    made.onkeydown = (event) => event.key === "Enter" && made.onclick();
    head.append(made);
  });
  const first = state.page * ROWS, last = Math.min(first + ROWS, state.shown.length);
  const body = state.shown.slice(first, last).map((row) => {
    const line = element("tr");
    line.append(...columns.map((column) => cell(column, row)));
    return line;
  });
  root.querySelector("thead").replaceChildren(head);
  root.querySelector("tbody").replaceChildren(...body);
  root.querySelector("output").textContent = state.shown.length
    ? `${(first + 1).toLocaleString("en")}–${last.toLocaleString("en")} of ${state.shown.length.toLocaleString("en")}`
    : "no row";
  const [back, on] = root.querySelectorAll("button.turn");
  back.disabled = first === 0;
  on.disabled = last === state.shown.length;
  root.querySelectorAll("button.tab").forEach((tab, i) => tab.classList.toggle("chosen", i === state.table));
}

unpack("packed").then((unpacked) => {
  tables = JSON.parse(unpacked);
  const bar = element("p");
  tables.forEach((t, i) => bar.append(element("button",
    `${t.name} (${t.columns[0].cells.length.toLocaleString("en")})`,
    { className: "tab", onclick: () => open(i, "") })));
  const search = element("input", undefined, { type: "search", ariaLabel: "search",
    placeholder: "search: words, loops>3, gene=TAL1" });
  search.oninput = () => { Object.assign(state, { words: search.value, page: 0 }); select(); };
  const turn = (by) => element("button", by < 0 ? "‹" : "›", { className: "turn",
    ariaLabel: by < 0 ? "back" : "on", onclick: () => { state.page += by; draw(); } });
  bar.append(search, turn(-1), element("output"), turn(1),
    element("button", "Save as TSV", { className: "save", onclick: save }));
  const table = element("table");
  table.append(element("thead"), element("tbody"));
  root.append(bar, table);
  select();
});
