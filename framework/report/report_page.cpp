#include <fmt/format.h>

#include "framework/report/page_text.h"
#include "framework/report/report.h"
#include "framework/report/report_parts.h"
#include "framework/report/vega_library.h"

namespace fovea {
namespace {

constexpr const char* kPolicy =
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; "
    "form-action 'none'";

std::string html_text(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    switch (c) {
      case '&': safe += "&amp;"; break;
      case '<': safe += "&lt;"; break;
      case '>': safe += "&gt;"; break;
      case '"': safe += "&quot;"; break;
      default: safe += c;
    }
  }
  return safe;
}

std::string title_of(const Json* model) {
  if (model == nullptr) return "Fovea";
  for (const auto& [name, value] : model->as<Json::Object>()) {
    if (name == "title") return value.as<std::string>();
  }
  return "";
}

/// What is seen while the scripts are read.
constexpr const char* kBeginning =
    "<div id=\"frame\"><header><div><h1>{}</h1><p class=\"summary\">Reading the figures ...</p></div></header></div>\n"
    "<main id=\"report\" aria-busy=\"true\"></main>\n";

}  // namespace

std::string report_page(const Json* model) {
  const bool is_served = model == nullptr;
  std::string page = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
  page += fmt::format("<meta http-equiv=\"Content-Security-Policy\" content=\"{}{}\">\n", kPolicy,
                      is_served ? "; connect-src 'self'" : "");
  page += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<link rel=\"icon\" href=\"data:,\">\n";
  const std::string title = html_text(title_of(model));
  page += fmt::format("<title>{}{}</title>\n<style>\n{}</style>\n</head>\n<body>\n", title,
                      is_served ? "" : " - Fovea report", kPageStyle);
  page +=
      "<noscript>This report draws its tables and figures with the scripts in it: allow scripts for this file.</noscript>\n";
  page += fmt::format(kBeginning, title);
  if (!is_served) page += fmt::format("<script type=\"application/json\" id=\"model\">{}</script>\n", page_json(*model));
  page += fmt::format("<script>\n{}</script>\n<script>\n{}</script>\n</body>\n</html>\n", vega_script(), kPageScript);
  return page;
}

}  // namespace fovea
