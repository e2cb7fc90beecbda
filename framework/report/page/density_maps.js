// Maps of weights by query and item: from exact rows or from densities to pixels, and the scale of their colours.
(() => {
  const {make, cividis} = fovea.tools;

  /**
   * @typedef {{queries: Int32Array, offsets: Int32Array, kept: Int32Array, weights: Float32Array}} Rows
   * @typedef {{rows: number, columns: number, low: number, high: number, isExact: boolean, cells: Float32Array[]}} Maps a map a head
   */

  /** @returns {Promise<Rows>} */
  async function unpackRows(rows) {
    const [queries, offsets, kept, weights] = await Promise.all(
      [rows.queries, rows.offsets, rows.kept, rows.weights].map((array) => fovea.tools.unpack(array)));
    return {queries, offsets, kept, weights};
  }

  /** @param {any} site @param {Rows} rows @returns {Maps} */
  function exactMaps(site, rows) {
    const cells = Array.from({length: site.heads}, () => new Float32Array(site.queries * site.items));
    let low = Infinity;
    let high = 0;
    rows.queries.forEach((query, row) => {
      const map = cells[Math.floor(query / site.queries)];
      if (!map) return;
      for (let entry = rows.offsets[row]; entry < rows.offsets[row + 1]; ++entry) {
        const weight = rows.weights[entry];
        if (!(weight > 0) || rows.kept[entry] >= site.items) continue;
        map[(query % site.queries) * site.items + rows.kept[entry]] = weight;
        low = Math.min(low, weight);
        high = Math.max(high, weight);
      }
    });
    return {rows: site.queries, columns: site.items, low: Math.max(Math.min(low, high), high * 1e-4), high: high || 1, isExact: true, cells};
  }

  /** @param {any} site @returns {Promise<Maps>} */
  async function densityMaps(site) {
    const levels = /** @type {Uint8Array} */ (await fovea.tools.unpack(site.density.cells));
    const [heads, rows, columns] = site.density.cells.shape;
    const {low, high} = site.density;
    const value = Float32Array.from({length: 256}, (_, level) => (level === 0 ? 0 : low * (high / low) ** ((level - 1) / 254)));
    const cells = Array.from({length: heads}, (_, head) =>
      Float32Array.from(levels.subarray(head * rows * columns, (head + 1) * rows * columns), (level) => value[level]));
    return {rows, columns, low, high, isExact: false, cells};
  }

  /** Whether most of what is there would be as dark as nothing on a linear scale. @param {Maps} maps */
  function hasFewLarge(maps) {
    let sum = 0;
    let count = 0;
    for (const cells of maps.cells) cells.forEach((value) => { if (value > 0) { sum += value; ++count; } });
    return count > 0 && sum / count < maps.high / 10;
  }

  /** The place of a weight on the scale, from 0 to 1. @param {Maps} maps @param {boolean} isLogarithmic */
  const scaleOf = (maps, isLogarithmic) => (isLogarithmic && maps.high > maps.low
    ? (value) => Math.log(Math.max(value, maps.low) / maps.low) / Math.log(maps.high / maps.low)
    : (value) => value / maps.high);

  /** @param {HTMLCanvasElement} canvas @param {Maps} maps @param {number} head @param {(value: number) => number} scale */
  function paint(canvas, maps, head, scale) {
    canvas.width = maps.columns;
    canvas.height = maps.rows;
    const context = canvas.getContext("2d");
    const image = context.createImageData(maps.columns, maps.rows);
    maps.cells[head].forEach((value, i) => {
      if (!(value > 0)) return;  // transparent: none
      const [red, green, blue] = cividis(scale(value));
      image.data.set([red, green, blue, 255], 4 * i);
    });
    context.putImageData(image, 0, 0);
  }

  const shortNumber = (value) => (value >= 1000 || (value > 0 && value < 0.001) ? value.toExponential(1) : String(Number(value.toPrecision(3))));

  /** A strip of the colours with their numbers. @param {Maps} maps @param {boolean} isLogarithmic */
  function legend(maps, isLogarithmic) {
    const strip = /** @type {HTMLCanvasElement} */ (make("canvas", {class: "strip", "aria-hidden": "true"}));
    strip.width = 128;
    strip.height = 1;
    const context = strip.getContext("2d");
    for (let x = 0; x < strip.width; ++x) {
      context.fillStyle = `rgb(${cividis(x / (strip.width - 1)).join(" ")})`;
      context.fillRect(x, 0, 1, 1);
    }
    const low = isLogarithmic ? maps.low : 0;
    const middle = isLogarithmic ? Math.sqrt(maps.low * maps.high) : maps.high / 2;
    const what = maps.isExact ? "weight" : "sum of the weights in a cell";
    return make("div", {class: "legend"}, make("span", {}, `${what}${isLogarithmic ? ", logarithmic" : ""}`),
      make("span", {class: "strip-with-numbers"}, strip,
        make("span", {class: "numbers"}, ...[low, middle, maps.high].map((value) => make("span", {}, shortNumber(value))))),
      make("span", {}, "black: none"));
  }

  fovea.maps = {unpackRows, exactMaps, densityMaps, scaleOf, paint, legend, shortNumber, hasFewLarge};
})();
