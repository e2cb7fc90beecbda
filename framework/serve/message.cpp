#include "framework/serve/message.h"

#include <fmt/format.h>
#include <algorithm>
#include <charconv>

#include "framework/core/text.h"

namespace fovea {
namespace {

/// The page is one file with its scripts inside; it asks this server alone, and no other page may show or read it.
constexpr const char* kSafeguards =
    "Content-Security-Policy: default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: "
    "blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n"
    "Cache-Control: no-store\r\n";

const char* reason_of(int status) {
  switch (status) {
    case 200: return "OK";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 413: return "Payload Too Large";
    case 421: return "Misdirected Request";
    case 431: return "Request Header Fields Too Large";
    case 503: return "Service Unavailable";
    default: return "Internal Server Error";
  }
}

/// The text behind "%41" and the like; nothing where a percent sign has no two digits.
std::optional<std::string> decoded(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      plain += text[i];
      continue;
    }
    unsigned value = 0;
    if (text.size() < i + 3) return std::nullopt;
    const char* const end = text.data() + i + 3;
    const auto [stop, failure] = std::from_chars(text.data() + i + 1, end, value, 16);
    if (failure != std::errc{} || stop != end) return std::nullopt;
    plain += static_cast<char>(value);
    i += 2;
  }
  const bool is_plain = std::none_of(plain.begin(), plain.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  if (!is_plain || !is_utf8(plain)) return std::nullopt;
  return plain;
}

}  // namespace

std::string ServeTarget::value(std::string_view name) const {
  const auto found = std::find_if(query.begin(), query.end(), [&](const auto& pair) { return pair.first == name; });
  return found == query.end() ? "" : found->second;
}

std::optional<ServeTarget> parse_target(std::string_view target) {
  if (target.empty() || target.front() != '/') return std::nullopt;
  const std::size_t mark = std::min(target.find('?'), target.size());
  auto path = decoded(target.substr(0, mark));
  if (!path) return std::nullopt;
  ServeTarget parts{*std::move(path), {}};
  std::string_view left = target.substr(std::min(mark + 1, target.size()));
  while (!left.empty()) {
    const std::string_view pair = left.substr(0, left.find('&'));
    left.remove_prefix(std::min(pair.size() + 1, left.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    auto name = decoded(pair.substr(0, equals));
    auto value = decoded(pair.substr(std::min(equals + 1, pair.size())));
    if (!name || !value) return std::nullopt;
    parts.query.emplace_back(*std::move(name), *std::move(value));
  }
  return parts;
}

ServeAnswer failed(int status, std::string text) {
  return {status, "text/plain; charset=utf-8", std::make_shared<const std::string>(std::move(text) + "\n")};
}

std::string head_of(const ServeAnswer& answer, HeadForm form) {
  std::string head = fmt::format("HTTP/1.1 {} {}\r\n{}", answer.status, reason_of(answer.status), kSafeguards);
  if (answer.status != 304) head += fmt::format("Content-Type: {}\r\n", answer.type);
  if (answer.status == 405) head += "Allow: GET, HEAD\r\n";
  if (!answer.tag.empty()) head += fmt::format("ETag: {}\r\n", answer.tag);
  if (form.length == HeadForm::Length::kKnown && answer.status != 304) {
    head += fmt::format("Content-Length: {}\r\n", answer.body->size());
  }
  const bool is_kept = form.connection == HeadForm::Connection::kKept;
  return head + (is_kept ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n");
}

}  // namespace fovea
