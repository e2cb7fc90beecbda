#include "tasks/data/points_line.h"

#include <algorithm>
#include <string>

#include "tasks/data/lines.h"

namespace fovea::data {
namespace {

/// A line that was cut into words.
class LineParser {
 public:
  LineParser(std::string_view line, const PointsForm& form) : form_(form), words_(words_of(line)) {
    at_ = std::find_if(words_.begin(), words_.end(), [](const Field& word) { return word.text == "output"; });
    end_ = line.size();
  }

  bool has_order() const { return at_ != words_.end(); }

  PointsItem read(bool needs_order) const {
    PointsItem item;
    for (auto word = words_.begin(); word != at_; ++word) {
      item.numbers.push_back(static_cast<Real>(real_of(*word, "a number of a point or the word output")));
    }
    const Extent count = points(item.numbers.size());
    if (has_order() || needs_order) item.order = order(count);
    return item;
  }

 private:
  Extent points(std::size_t numbers) const {
    const auto dimensions = static_cast<std::size_t>(form_.dimensions);
    const std::size_t place = at_ == words_.end() ? end_ : at_->begin;
    if (numbers == 0 || numbers % dimensions != 0) {
      throw LineError(place, std::to_string(dimensions) + " numbers for each point were expected; " +
                                 std::to_string(numbers) + " numbers came in all; complete the points, or set dimensions.");
    }
    const auto count = static_cast<Extent>(numbers / dimensions);
    if (count <= form_.longest) return count;
    throw LineError(0, "at most " + std::to_string(form_.longest) + " points were expected; " + std::to_string(count) +
                           " came; set longest=" + std::to_string(count) + ".");
  }

  std::vector<Index> order(Extent count) const {
    if (!has_order()) {
      throw LineError(end_,
                      "the word output and an order were expected after the points; the line ends; write x1 y1 "
                      "x2 y2 ... output 1 2 ...");
    }
    std::vector<Index> order;
    std::vector<bool> is_used(static_cast<std::size_t>(count), false);
    for (auto word = at_ + 1; word != words_.end(); ++word) {
      const auto item = static_cast<Index>(whole_of(*word, "the number of a point", 1, count) - 1);
      const bool closes = word + 1 == words_.end() && order.size() > 1 && item == order.front();
      if (closes) break;  // the tour comes back to where it began
      if (is_used[item]) {
        throw LineError(word->begin, "a point that has not come yet was expected; " + came(word->text) +
                                         " came again; name each point once, and the first one again only at the end.");
      }
      is_used[item] = true;
      order.push_back(item);
    }
    check(order, count);
    return order;
  }

  void check(const std::vector<Index>& order, Extent count) const {
    if (order.empty()) {
      throw LineError(end_, "the number of a point was expected after the word output; the line ends; write the order.");
    }
    if (form_.may_leave_out || static_cast<Extent>(order.size()) == count) return;
    throw LineError(at_->begin, "an order of all " + std::to_string(count) + " points was expected; " +
                                    std::to_string(order.size()) +
                                    " came; complete it, or set end=true, so that an order may end before.");
  }

  const PointsForm& form_;
  std::vector<Field> words_;
  std::vector<Field>::const_iterator at_;
  std::size_t end_ = 0;
};

}  // namespace

PointsItem points_of(std::string_view line, const PointsForm& form, Order order) {
  return LineParser(line, form).read(order == Order::kNeeded);
}

}  // namespace fovea::data
