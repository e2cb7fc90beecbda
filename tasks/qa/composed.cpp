#include "tasks/qa/composed.h"

#include <algorithm>
#include <array>

#include "framework/core/text.h"

namespace fovea::qa {
namespace {

/// A mark, and the letters that have a character of their own with it.
struct Mark {
  char32_t mark;
  std::u32string_view letters;
};

constexpr auto kMarks = std::to_array<Mark>({
    {0x0300,
     U"AEINOUWYaeinouwy\u0391\u0395\u0397\u0399\u039F\u03A5\u03A9\u03B1\u03B5\u03B7\u03B9\u03BF\u03C5"
     U"\u03C9\u0415\u0418\u0435\u0438"},
    {0x0301,
     U"ACEGIKLMNOPRSUWYZacegiklmnoprsuwyz\u00C6\u00D8\u00E6\u00F8\u0391\u0395\u0397\u0399\u039F\u03A5"
     U"\u03A9\u03B1\u03B5\u03B7\u03B9\u03BF\u03C5\u03C9\u0413\u041A\u0433\u043A"},
    {0x0302, U"ACEGHIJOSUWYZaceghijosuwyz"},
    {0x0303, U"AEINOUVYaeinouvy"},
    {0x0304, U"AEGIOUYaegiouy\u00C6\u00E6\u0391\u0399\u03A5\u03B1\u03B9\u03C5\u0418\u0423\u0438\u0443"},
    {0x0306,
     U"AEGIOUaegiou\u0391\u0399\u03A5\u03B1\u03B9\u03C5\u0410\u0415\u0416\u0418\u0423\u0430\u0435\u0436"
     U"\u0438\u0443"},
    {0x0307, U"ABCDEFGHIMNOPRSTWXYZabcdefghmnoprstwxyz"},
    {0x0308,
     U"AEHIOUWXYaehiotuwxy\u0399\u03A5\u03B9\u03C5\u0406\u0410\u0415\u0416\u0417\u0418\u041E\u0423"
     U"\u0427\u042B\u042D\u0430\u0435\u0436\u0437\u0438\u043E\u0443\u0447\u044B\u044D\u0456\u04D8\u04D9"
     U"\u04E8\u04E9"},
    {0x0309, U"AEIOUYaeiouy"},
    {0x030A, U"AUauwy"},
    {0x030B, U"OUou\u0423\u0443"},
    {0x030C, U"ACDEGHIKLNORSTUZacdeghijklnorstuz\u01B7\u0292"},
    {0x030F, U"AEIORUaeioru\u0474\u0475"},
    {0x0311, U"AEIORUaeioru"},
    {0x0313, U"\u0391\u0395\u0397\u0399\u039F\u03A9\u03B1\u03B5\u03B7\u03B9\u03BF\u03C1\u03C5\u03C9"},
    {0x0314, U"\u0391\u0395\u0397\u0399\u039F\u03A1\u03A5\u03A9\u03B1\u03B5\u03B7\u03B9\u03BF\u03C1\u03C5\u03C9"},
    {0x031B, U"OUou"},
    {0x0323, U"ABDEHIKLMNORSTUVWYZabdehiklmnorstuvwyz"},
    {0x0324, U"Uu"},
    {0x0325, U"Aa"},
    {0x0326, U"STst"},
    {0x0327, U"CDEGHKLNRSTcdeghklnrst"},
    {0x0328, U"AEIOUaeiou"},
    {0x032D, U"DELNTUdelntu"},
    {0x032E, U"Hh"},
    {0x0330, U"EIUeiu"},
    {0x0331, U"BDKLNRTZbdhklnrtz"},
    {0x0342, U"\u03B1\u03B7\u03B9\u03C5\u03C9"},
    {0x0345, U"\u0391\u0397\u03A9\u03B1\u03B7\u03C9"},
    {0x0653, U"\u0627"},
    {0x0654, U"\u0627\u0648\u064A\u06C1\u06D2\u06D5"},
    {0x0655, U"\u0627"},
    {0x093C, U"\u0928\u0930\u0933"},
    {0x09BE, U"\u09C7"},
    {0x09D7, U"\u09C7"},
    {0x0B3E, U"\u0B47"},
    {0x0B56, U"\u0B47"},
    {0x0B57, U"\u0B47"},
    {0x0BBE, U"\u0BC6\u0BC7"},
    {0x0BD7, U"\u0B92\u0BC6"},
    {0x0C56, U"\u0C46"},
    {0x0CC2, U"\u0CC6"},
    {0x0CD5, U"\u0CBF\u0CC6"},
    {0x0CD6, U"\u0CC6"},
    {0x0D3E, U"\u0D46\u0D47"},
    {0x0D57, U"\u0D46"},
    {0x0DCA, U"\u0DD9"},
    {0x0DCF, U"\u0DD9"},
    {0x0DDF, U"\u0DD9"},
    {0x102E, U"\u1025"},
    {0x3099,
     U"\u3046\u304B\u304D\u304F\u3051\u3053\u3055\u3057\u3059\u305B\u305D\u305F\u3061\u3064\u3066\u3068"
     U"\u306F\u3072\u3075\u3078\u307B\u309D\u30A6\u30AB\u30AD\u30AF\u30B1\u30B3\u30B5\u30B7\u30B9\u30BB"
     U"\u30BD\u30BF\u30C1\u30C4\u30C6\u30C8\u30CF\u30D2\u30D5\u30D8\u30DB\u30EF\u30F0\u30F1\u30F2\u30FD"},
    {0x309A, U"\u306F\u3072\u3075\u3078\u307B\u30CF\u30D2\u30D5\u30D8\u30DB"},
});

/// The two halves of a Korean syllable: a leading consonant and a vowel.
bool is_syllable(char32_t first, char32_t second) {
  return first >= 0x1100 && first <= 0x1112 && second >= 0x1161 && second <= 0x1175;
}

bool has_own_character(char32_t letter, char32_t mark) {
  if (is_syllable(letter, mark)) return true;
  const auto by_mark = [](const Mark& entry, char32_t wanted) { return entry.mark < wanted; };
  const auto* found = std::lower_bound(kMarks.begin(), kMarks.end(), mark, by_mark);
  return found != kMarks.end() && found->mark == mark && found->letters.find(letter) != std::u32string_view::npos;
}

/// The character that these bytes of UTF-8 stand for.
char32_t decoded(std::string_view bytes) {
  const auto first = static_cast<unsigned char>(bytes[0]);
  if (bytes.size() == 1) return first;
  char32_t character = first & (0x7FU >> bytes.size());
  for (const char byte : bytes.substr(1)) character = character << 6U | (static_cast<unsigned char>(byte) & 0x3FU);
  return character;
}

}  // namespace

std::size_t first_decomposed(std::string_view text) {
  char32_t last = 0;
  std::size_t last_place = 0;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = std::max<std::size_t>(utf8_length(text, i), 1);
    const char32_t character = decoded(text.substr(i, length));
    if (character >= 0x300 && has_own_character(last, character)) return last_place;
    last = character;
    last_place = i;
    i += length;
  }
  return std::string_view::npos;
}

}  // namespace fovea::qa
