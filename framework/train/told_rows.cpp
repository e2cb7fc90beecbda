#include "framework/train/told_rows.h"

#include <algorithm>
#include <iterator>

#include "framework/train/published.h"
#include "framework/train/sample_cut.h"

namespace fovea {
namespace {

constexpr Extent kMapRows = 512;  // of a head

Extent rounded_up(Extent whole, Extent part) { return (whole + part - 1) / part; }

}  // namespace

ToldRows::ToldRows(const Graph& graph, Extent first_item, const ToldWish& wish) : first_item_(first_item), wish_(wish) {
  for (const SiteRecord& site : graph.sites()) {
    if (!is_published(site)) silent_.push_back(site.path);
  }
}

void ToldRows::see(const Node& node, const OpRun& run) {
  if (first_item_ >= wish_.items || !node.op) return;
  const auto* op = dynamic_cast<const ToldChoices*>(node.op.get());
  if (op == nullptr) return;
  const std::string path = node.path.substr(0, std::min(node.path.rfind('/'), node.path.size()));
  if (std::find(silent_.begin(), silent_.end(), path) == silent_.end()) return;
  ToldSite& site = sites_[path];
  site.extents = op->told_extents(run);
  site.times = std::max<Extent>(site.times, run.time + 1);
  ask(*op, run, site);
  if (wish_.queries == 0 && first_item_ == 0 && run.time == 0) ask_for_map(*op, run, site);
}

void ToldRows::ask(const ToldChoices& op, const OpRun& run, ToldSite& site) const {
  const ToldChoices::Extents& e = site.extents;
  const Extent queries = e.heads * e.queries;
  const Extent pairs = op.told_pairs(run) * e.heads;
  const SampleCut cut = wish_.queries > 0 ? SampleCut{wish_.items, rounded_up(queries, wish_.queries)}
                                          : sample_cut(pairs, wish_.items, queries, e.heads);
  site.stride = cut.stride;
  site.pairs += std::min(e.batch, wish_.items - first_item_) * pairs;
  for (Extent row = 0; row < std::min(e.batch, cut.items - first_item_); ++row) {
    for (Extent query = 0; query < queries; query += site.stride) {
      ToldRow made;
      made.item = first_item_ + row;
      made.head = query / e.queries;
      made.query = run.time * e.queries + query % e.queries;
      made.place = run.time * queries + query;
      op.tell(run, {row, made.head, query % e.queries}, made.told);
      site.rows.push_back(std::move(made));
    }
  }
}

void ToldRows::ask_for_map(const ToldChoices& op, const OpRun& run, ToldSite& site) const {
  const ToldChoices::Extents& e = site.extents;
  const Extent stride = std::max<Extent>(1, rounded_up(e.queries, kMapRows));
  for (Extent head = 0; head < e.heads; ++head) {
    for (Extent query = 0; query < e.queries; query += stride) {
      ToldRow made;
      made.head = head;
      made.query = query;
      made.stands_for = std::min(stride, e.queries - query);
      op.tell(run, {0, head, query}, made.told);
      site.map.push_back(std::move(made));
    }
  }
}

ToldSite joined(const std::vector<ToldRows>& shards, const std::string& path) {
  ToldSite whole;
  for (const ToldRows& shard : shards) {
    const auto found = shard.sites().find(path);
    if (found == shard.sites().end()) continue;
    const ToldSite& part = found->second;
    whole.extents = part.extents;
    whole.times = std::max(whole.times, part.times);
    whole.stride = part.stride;
    whole.pairs += part.pairs;
    whole.rows.insert(whole.rows.end(), part.rows.begin(), part.rows.end());
    whole.map.insert(whole.map.end(), part.map.begin(), part.map.end());
  }
  // Steps of a loop came one after the other, of all items.
  std::stable_sort(whole.rows.begin(), whole.rows.end(), [](const ToldRow& a, const ToldRow& b) { return a.item < b.item; });
  return whole;
}

}  // namespace fovea
