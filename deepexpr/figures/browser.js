// The genome browser of a page: igv.js, with tracks from the data that is packed beside it.
const GREY = "#999999", BLUE = "#0072B2", ARC = "#D55E00";

const file = (text, name) => new File([text], name);
const wig = (text, name, more) => ({ type: "wig", format: "bedgraph", url: file(text, `${name}.bedgraph`),
  name, height: 40, ...more });

function tracksOf({ line, loops, signal, measured, predicted }) {
  const percent = { autoscale: false, min: 0, max: 100 };
  const shown = [];
  if (loops) {
    shown.push({ type: "interaction", format: "bedpe", url: file(loops, `${line}.bedpe`),
      name: `${line}: loops`, arcType: "proportional", valueColumn: "score", color: ARC,
      height: 90, searchable: false });
    shown.push(wig(signal, `${line}: pairs at anchors`, { color: ARC, autoscale: true }));
  }
  shown.push({ type: "merged", name: `${line}: percentiles`, height: 40, ...percent,
    tracks: [wig(measured, "measured", { color: GREY, ...percent }),
      wig(predicted, "predicted", { color: BLUE, ...percent })].filter((t) => t.url.size) });
  return shown;
}

// A list of genes that narrows as words are typed; a click shows the gene's place.
function listOf({ heads, genes, places }, show) {
  const root = document.getElementById("genes");
  const search = element("input", undefined, { type: "search", ariaLabel: "search",
    placeholder: "search the genes below" });
  const table = element("table"), head = element("tr"), body = element("tbody");
  heads.forEach((text, i) => head.append(element("th", text, { className: i > 1 ? "number" : "" })));
  const rows = genes.map((cells, i) => {
    const row = element("tr", undefined, { tabIndex: 0 });
    cells.forEach((cell, j) => row.append(element("td", cell === null ? "" : String(cell),
      { className: j > 1 ? "number" : "" })));
    row.onclick = () => {
      rows.forEach((other) => other.classList.toggle("chosen", other === row));
      show(places[i]);
    };
    row.onkeydown = (event) => event.key === "Enter" && row.onclick();
    return row;
  });
  search.oninput = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    genes.forEach((cells, i) => {
      const text = cells.slice(0, 2).join(" ").toLowerCase();
      rows[i].hidden = !words.every((word) => text.includes(word));
    });
  };
  body.append(...rows);
  table.append(head, body);
  const frame = element("div", undefined, { className: "list" });
  frame.append(table);
  root.append(search, frame);
  return rows;
}

Promise.all([unpack("data"), unpack("code")]).then(async ([text, code]) => {
  const data = JSON.parse(text);
  document.head.append(element("script", code));
  const browser = await igv.createBrowser(document.getElementById("igv"), {
    reference: { id: data.name, name: data.name, format: "chromsizes", wholeGenomeView: false,
      fastaURL: file(data.sizes, "genome.chrom.sizes") },
    locus: data.places[0],
    loadDefaultGenomes: false, showSampleNames: false, showROITable: false, showCursorGuide: false,
    tracks: [{ type: "annotation", format: "bed", url: file(data.bodies, "genes.bed"), name: "Genes",
      displayMode: "EXPANDED", height: 70, color: "#555555", searchable: true },
      ...data.tracks.flatMap(tracksOf)],
  });
  const rows = listOf(data, (place) => browser.search(place));
  rows[0].classList.add("chosen");
  document.getElementById("igv").dataset.ready = "yes";
});
