#include "framework/report/report_parts.h"

namespace fovea {

std::string page_json(const Json& json) {
  std::string text;
  for (const char c : json_line(json)) {
    if (c == '<') {
      text += "\\u003c";  // it only stands in texts
    } else {
      text += c;
    }
  }
  return text;
}

}  // namespace fovea
