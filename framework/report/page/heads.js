// View 7: where the heads of a site look, a map for each head.
(() => {
  const {make, button} = fovea.tools;
  const {unpackRows, exactMaps, densityMaps, scaleOf, paint, legend, shortNumber, hasFewLarge} = fovea.maps;
  const drawnSize = 320;  // pixels of the longer side of a map
  const manyHeads = 16;  // shown at first
  const shownEntries = 20;  // of a row

  /** Distances 0, 1, 2 to 3, 4 to 7, ... as bars with their shares. */
  function distances(site) {
    if (site.distances.length === 0) return null;
    const name = (bin) => (bin < 2 ? String(bin) : `${2 ** (bin - 1)} to ${2 ** bin - 1}`);
    const row = (share, bin) => {
      const bar = make("span", {class: "bar", "aria-hidden": "true"});
      bar.style.width = `${Math.min(Math.max(share ?? 0, 0), 1) * 100}%`;
      return make("tr", {}, make("th", {scope: "row", class: "number"}, name(bin)),
        make("td", {class: "weight"}, bar, make("span", {class: "value"}, share === null ? "?" : `${(100 * share).toFixed(1)} %`)));
    };
    return make("table", {class: "reads distances"}, make("caption", {}, "Share of the weight by distance between query and item, all items of the sample"),
      make("thead", {}, make("tr", {}, make("th", {scope: "col"}, "distance"), make("th", {scope: "col"}, "share"))),
      make("tbody", {}, ...site.distances.map(row)));
  }

  /** The rows that are in the page: which is nearest to a query of a head? @param {Rows} rows */
  function nearestRow(rows, site, head, query) {
    let best = -1;
    rows.queries.forEach((whole, row) => {
      if (Math.floor(whole / site.queries) !== head) return;
      const distance = Math.abs((whole % site.queries) - query);
      if (best < 0 || distance < Math.abs((rows.queries[best] % site.queries) - query)) best = row;
    });
    return best;
  }

  /** @param {{place: number, weight: number}[]} entries @param {string[]} texts @param {string} caption */
  function rowTable(entries, texts, caption) {
    const largest = [...entries].sort((a, b) => b.weight - a.weight).slice(0, shownEntries);
    const most = Math.max(...largest.map(({weight}) => weight), 1e-9);
    const rows = largest.map(({place, weight}) => {
      const bar = make("span", {class: "bar", "aria-hidden": "true"});
      bar.style.width = `${Math.max(weight / most, 0) * 100}%`;
      return make("tr", {}, make("th", {scope: "row", class: "number"}, String(place)),
        texts.length > 0 ? make("td", {class: "text"}, texts[place] ?? "") : null,
        make("td", {class: "weight"}, bar, make("span", {class: "value"}, shortNumber(weight))));
    });
    const columns = ["item", ...(texts.length > 0 ? ["text"] : []), "weight"];
    return make("table", {class: "reads"}, make("caption", {}, caption),
      make("thead", {}, make("tr", {}, ...columns.map((name) => make("th", {scope: "col"}, name)))), make("tbody", {}, ...rows));
  }

  /** All weights of the rows that are in the page. @param {Rows} rows */
  function csvOf(site, rows) {
    const lines = [["head", "query", "item", "weight"]];
    rows.queries.forEach((whole, row) => {
      for (let entry = rows.offsets[row]; entry < rows.offsets[row + 1]; ++entry) {
        lines.push([Math.floor(whole / site.queries), whole % site.queries, rows.kept[entry], rows.weights[entry]]);
      }
    });
    return fovea.tools.csv(lines);
  }

  /** One site of one run: its maps, a query of them, the distances. */
  async function showSite(element, run, site, tools, isCurrent) {
    const state = {item: 0, head: 0, query: 0, isLogarithmic: false, heads: Math.min(site.heads, manyHeads)};
    const exact = site.exact ? await Promise.all(site.exact.map(unpackRows)) : null;
    const sampled = site.sampled ? await unpackRows(site.sampled) : null;
    const density = site.density ? await densityMaps(site) : null;
    if (!isCurrent()) return;
    const rowsNow = () => (exact ? exact[state.item] : sampled);
    const shownItem = () => (site.exact ? site.exact[state.item].item : 0);
    const texts = () => (site.exact ? site.exact[state.item].texts : []);
    const maps = make("div", {class: "maps"});
    const below = make("div", {class: "row", role: "status"});
    let drawn = density ?? exactMaps(site, exact[0]);
    state.isLogarithmic = hasFewLarge(drawn);
    const isFirstLogarithmic = state.isLogarithmic;
    const markers = [];

    function select(head, query) {
      Object.assign(state, {head, query: Math.min(Math.max(query, 0), site.queries - 1)});
      queryInput.set(state.query);
      headSelect.querySelector("select").value = String(head);
      showRow();
    }
    function placeMarkers() {
      markers.forEach((marker, head) => {
        marker.hidden = head !== state.head;
        marker.style.top = `${(100 * (state.query + 0.5)) / site.queries}%`;
      });
    }
    function showEntries(rows, row, caption) {
      if (row < 0) return below.replaceChildren(make("p", {}, `No row of head ${state.head} is in this page.`));
      const entries = [];
      for (let entry = rows.offsets[row]; entry < rows.offsets[row + 1]; ++entry) entries.push({place: rows.kept[entry], weight: rows.weights[entry]});
      const more = entries.length > shownEntries ? `, the ${shownEntries} largest weights` : "";
      return below.replaceChildren(rowTable(entries, texts(), `${caption}: ${entries.length} ${entries.length === 1 ? "item" : "items"} kept${more}`));
    }
    function showRow() {
      placeMarkers();
      const asked = {head: state.head, query: state.query};
      const rows = rowsNow();
      const row = rows ? nearestRow(rows, site, asked.head, asked.query) : -1;
      const query = row < 0 ? asked.query : rows.queries[row] % site.queries;
      const of = (told) => `Query ${told} of head ${asked.head}`;
      const near = (told) => (told === asked.query ? of(told) : `${of(told)}, of the rows that are kept the nearest to ${asked.query}`);
      showEntries(rows, row, near(query));
      if (query === asked.query && row >= 0) return;
      const whole = asked.head * site.queries + asked.query;
      tools.rows(run.id, site.path, Math.max(whole - site.stride, 0), whole + site.stride + 1, shownItem()).then((kept) => {
        const isStill = state.head === asked.head && state.query === asked.query && isCurrent();
        const nearest = nearestRow(kept, site, asked.head, asked.query);
        if (isStill && nearest >= 0) showEntries(kept, nearest, near(kept.queries[nearest] % site.queries));
      }, () => undefined);  // a saved page has the rows above
    }
    function mapOf(head) {
      const canvas = /** @type {HTMLCanvasElement} */ (make("canvas", {role: "img",
        "aria-label": `head ${head}: ${site.queries} queries from top to bottom, ${site.items} items from left to right; below the maps is a query of it in numbers`}));
      paint(canvas, drawn, head, scaleOf(drawn, state.isLogarithmic));
      const scale = drawnSize / Math.max(drawn.columns, drawn.rows);
      canvas.style.width = `${Math.max(drawn.columns * scale, 24)}px`;
      canvas.style.height = `${Math.max(drawn.rows * scale, 24)}px`;
      canvas.addEventListener("click", (event) => {
        const box = canvas.getBoundingClientRect();
        select(head, Math.floor(((event.clientY - box.top) / box.height) * site.queries));
      });
      const marker = make("span", {class: "marker", "aria-hidden": "true"});
      markers.push(marker);
      const savePng = button("Save PNG", () => canvas.toBlob((blob) => blob && tools.save(`${site.path}_head_${head}.png`, "image/png", blob)),
        {"aria-label": `Save PNG of head ${head}`});
      return make("figure", {}, make("figcaption", {}, `head ${head} `, savePng), make("div", {class: "map"}, canvas, marker));
    }
    function draw() {
      if (exact) drawn = exactMaps(site, exact[state.item]);
      markers.length = 0;
      maps.replaceChildren(...Array.from({length: Math.min(state.heads, drawn.cells.length)}, (_, head) => mapOf(head)));
      legendSlot.replaceChildren(legend(drawn, state.isLogarithmic));
      showRow();
    }

    const legendSlot = make("div");
    const heads = Array.from({length: site.heads}, (_, head) => `head ${head}`);
    const headSelect = fovea.controls.chooser("Head", heads, (head) => select(head, state.query));
    const queryInput = fovea.controls.number(`Query, 0 to ${site.queries - 1}`, site.queries - 1, (query) => { state.query = query; showRow(); });
    const scaleSelect = fovea.controls.chooser("Colours", isFirstLogarithmic ? ["logarithmic", "linear"] : ["linear", "logarithmic"],
      (place) => { state.isLogarithmic = (place === 0) === isFirstLogarithmic; draw(); });
    const itemSelect = site.exact && site.exact.length > 1
      ? fovea.controls.chooser("Item of the sample", site.exact.map((one) => String(one.item)), (place) => { state.item = place; draw(); }) : null;
    const moreHeads = site.heads > manyHeads
      ? button(`Show all ${site.heads} heads`, () => { state.heads = site.heads; moreHeads.remove(); draw(); }) : null;
    const saveRows = button("Save rows as CSV", () => rowsNow() && tools.save(`${site.path}_rows.csv`, "text/csv", csvOf(site, rowsNow())));
    const about = `${site.text}; ${site.queries} queries, ${site.items} items` +
      (site.exact ? ", exact weights of a query and an item in each cell." : `; a cell sums the weights of about ${Math.ceil(site.queries / drawn.rows)} queries and ${Math.ceil(site.items / drawn.columns)} items of item 0 of the sample.`);
    element.replaceChildren(make("p", {}, about), make("div", {class: "controls"}, itemSelect, scaleSelect, moreHeads), maps, legendSlot,
      make("div", {class: "controls"}, headSelect, queryInput.element, saveRows), below, distances(site) ?? "");
    draw();
  }

  /** @type {View} */
  function heads(element, data, tools) {
    let version = 0;
    const state = {run: 0, site: 0};
    const body = make("div", {class: "heads-body"});
    const siteSlot = make("span");
    function show() {
      const run = data.runs[state.run];
      const mine = ++version;
      const site = run.sites[state.site];
      showSite(body, run, site, tools, () => mine === version).catch((error) =>
        body.replaceChildren(make("p", {role: "alert"}, `The maps of ${site.path} cannot be shown: ${error.message}.`)));
    }
    function chooseRun(place) {
      const before = data.runs[state.run].sites[state.site]?.path;
      const sites = data.runs[place].sites.map((site) => site.path);
      Object.assign(state, {run: place, site: Math.max(sites.indexOf(before), 0)});
      siteSlot.replaceChildren(fovea.controls.chooser("Site", sites, (chosen) => { state.site = chosen; show(); }));
      siteSlot.querySelector("select").value = String(state.site);
      show();
    }
    const names = data.runs.map((run) => run.name);
    element.append(make("div", {class: "controls"}, names.length > 1 ? fovea.controls.chooser("Run", names, chooseRun) : null, siteSlot),
      body, fovea.controls.notes(data.note));
    chooseRun(0);
  }

  fovea.view("heads", heads);
})();
