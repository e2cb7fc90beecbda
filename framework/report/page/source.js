// Where a page that is served gets its data: from the server that it comes from, which wants the token of the address with
// every request. A saved report has its data inside.
(() => {
  const token = new URLSearchParams(location.search).get("token") ?? "";

  /** @param {string} path "api/runs" @param {Record<string, string>} [parameters] */
  function address(path, parameters = {}) {
    return `${path}?${new URLSearchParams({...parameters, token})}`;
  }

  /** What the server says: an answer of JSON, or null where it is that of `tag`. @returns {Promise<{data: any, tag: string}|null>} */
  async function ask(path, parameters = {}, tag = "") {
    let answer;
    try {
      answer = await fetch(address(path, parameters), {headers: tag ? {"If-None-Match": tag} : {}, cache: "no-store"});
    } catch {
      throw new Error("the server does not answer; is fovea serve still running?");
    }
    if (answer.status === 304) return null;
    if (!answer.ok) throw new Error((await answer.text()).trim() || `the server answers ${answer.status}`);
    return {data: await answer.json(), tag: answer.headers.get("ETag") ?? ""};
  }

  /** Events of some runs. @param {string[]} ids */
  const events = (ids) => new EventSource(address("api/live", {run: ids.join(",")}));

  /** Queries of an item of the sample. */
  async function rows(run, site, from, to, item = 0) {
    const {data} = /** @type {any} */ (await ask(`api/rows/${encodeURIComponent(run)}`, {site, item: String(item), from: String(from), to: String(to)}));
    return {queries: data.query, items: data.item, offsets: data.offsets, kept: data.kept, weights: data.weights, right: data.right};
  }

  /** The page becomes one that is live. */
  function serve() {
    fovea.isServed = true;
    fovea.tools.rows = rows;
    fovea.board(ask, events);
  }

  Object.assign(fovea, {serve});
})();
