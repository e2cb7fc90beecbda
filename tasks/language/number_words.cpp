#include "tasks/language/number_words.h"

#include <array>
#include <string_view>

namespace fovea::number_words {
namespace {

template <std::size_t count>
using Words = std::array<const char*, count>;

/// A number as its digits in groups: thousands 0 to 999, hundreds 0 to 9, rest 0 to 99.
struct Parts {
  explicit Parts(Extent number) : thousands(number / 1000), below(number % 1000), hundreds(below / 100), rest(below % 100) {}

  Extent thousands;
  Extent below;  // 0 to 999
  Extent hundreds;
  Extent rest;
};

std::string without_last(std::string text) {
  text.pop_back();
  return text;
}

// English.

constexpr Words<20> kEnglish{"zero",     "one",     "two",     "three",     "four",     "five",    "six",
                             "seven",    "eight",   "nine",    "ten",       "eleven",   "twelve",  "thirteen",
                             "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"};
constexpr Words<10> kEnglishTens{"", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"};

std::string english_below_hundred(Extent n) {
  if (n < 20) return kEnglish[n];
  return n % 10 == 0 ? kEnglishTens[n / 10] : kEnglishTens[n / 10] + std::string("-") + kEnglish[n % 10];
}

std::string english(Extent n) {
  const Parts parts(n);
  if (parts.thousands > 0) {
    const std::string head = english(parts.thousands) + " thousand";
    return parts.below == 0 ? head : head + (parts.below < 100 ? " and " : " ") + english(parts.below);
  }
  if (parts.hundreds == 0) return english_below_hundred(n);
  const std::string head = kEnglish[parts.hundreds] + std::string(" hundred");
  return parts.rest == 0 ? head : head + " and " + english_below_hundred(parts.rest);
}

// German.

constexpr Words<20> kGerman{"null",     "ein",      "zwei",     "drei",     "vier",     "fünf",    "sechs",
                            "sieben",   "acht",     "neun",     "zehn",     "elf",      "zwölf",   "dreizehn",
                            "vierzehn", "fünfzehn", "sechzehn", "siebzehn", "achtzehn", "neunzehn"};
constexpr Words<10> kGermanTens{"",        "",        "zwanzig", "dreißig", "vierzig",
                                "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig"};

std::string german_below_hundred(Extent n) {
  if (n < 20) return kGerman[n];
  return n % 10 == 0 ? kGermanTens[n / 10] : kGerman[n % 10] + std::string("und") + kGermanTens[n / 10];
}

/// A number above 0 before a word that it counts.
std::string german_before(Extent n) {
  const Parts parts(n);
  std::string text = parts.thousands > 0 ? german_before(parts.thousands) + "tausend" : "";
  if (parts.hundreds > 0) text += kGerman[parts.hundreds] + std::string("hundert");
  return parts.rest > 0 ? text + german_below_hundred(parts.rest) : text;
}

std::string german(Extent n) {
  if (n == 0) return kGerman[0];
  return german_before(n) + (n % 100 == 1 ? "s" : "");
}

// French.

constexpr Words<20> kFrench{"zéro",     "un",     "deux",  "trois",    "quatre",   "cinq",    "six",
                            "sept",     "huit",   "neuf",  "dix",      "onze",     "douze",   "treize",
                            "quatorze", "quinze", "seize", "dix-sept", "dix-huit", "dix-neuf"};
constexpr Words<10> kFrenchTens{"",          "",         "vingt",    "trente",       "quarante",
                                "cinquante", "soixante", "soixante", "quatre-vingt", "quatre-vingt"};

std::string french_below_hundred(Extent n) {
  if (n < 20) return kFrench[n];
  const Extent ten = n / 10;
  const Extent unit = ten == 7 || ten == 9 ? n % 10 + 10 : n % 10;
  if (unit == 0) return kFrenchTens[ten];
  const bool has_and = unit % 10 == 1 && ten < 8;
  return kFrenchTens[ten] + std::string(has_and ? " et " : "-") + kFrench[unit];
}

/// A number above 0 before "mille".
std::string french_before(Extent n) {
  const Parts parts(n);
  std::string text = parts.hundreds > 1 ? kFrench[parts.hundreds] + std::string(" cent") : parts.hundreds == 1 ? "cent" : "";
  if (parts.rest > 0) text += (text.empty() ? "" : " ") + french_below_hundred(parts.rest);
  return text;
}

std::string french(Extent n) {
  if (n == 0) return kFrench[0];
  const Parts parts(n);
  std::string text = parts.thousands > 1 ? french_before(parts.thousands) + " mille" : parts.thousands == 1 ? "mille" : "";
  if (parts.below > 0) text += (text.empty() ? "" : " ") + french_before(parts.below);
  const bool is_plural = parts.rest == 80 || (parts.hundreds > 1 && parts.rest == 0);
  return is_plural ? text + "s" : text;
}

// Spanish.

constexpr Words<30> kSpanish{"cero",         "uno",         "dos",        "tres",        "cuatro",     "cinco",
                             "seis",         "siete",       "ocho",       "nueve",       "diez",       "once",
                             "doce",         "trece",       "catorce",    "quince",      "dieciséis",  "diecisiete",
                             "dieciocho",    "diecinueve",  "veinte",     "veintiuno",   "veintidós",  "veintitrés",
                             "veinticuatro", "veinticinco", "veintiséis", "veintisiete", "veintiocho", "veintinueve"};
constexpr Words<10> kSpanishTens{"",          "",        "veinte",  "treinta", "cuarenta",
                                 "cincuenta", "sesenta", "setenta", "ochenta", "noventa"};
constexpr Words<10> kSpanishHundreds{"",           "ciento",      "doscientos",  "trescientos", "cuatrocientos",
                                     "quinientos", "seiscientos", "setecientos", "ochocientos", "novecientos"};

std::string spanish_below_thousand(Extent n) {
  if (n == 100) return "cien";
  const Parts parts(n);
  std::string text = kSpanishHundreds[parts.hundreds];
  if (parts.rest == 0 && !text.empty()) return text;
  if (!text.empty()) text += " ";
  if (parts.rest < 30) return text + kSpanish[parts.rest];
  text += kSpanishTens[parts.rest / 10];
  return parts.rest % 10 == 0 ? text : text + " y " + kSpanish[parts.rest % 10];
}

/// A number above 1 before "mil".
std::string spanish_before(Extent n) {
  std::string text = spanish_below_thousand(n);
  if (n % 10 != 1 || n % 100 == 11) return text;
  const std::string stem = without_last(text);  // "veintiun", "treinta y un"
  return n % 100 == 21 ? stem.substr(0, stem.size() - 2) + "ún" : stem;
}

std::string spanish(Extent n) {
  const Parts parts(n);
  if (parts.thousands == 0) return spanish_below_thousand(n);
  const std::string head = parts.thousands == 1 ? "mil" : spanish_before(parts.thousands) + " mil";
  return parts.below == 0 ? head : head + " " + spanish_below_thousand(parts.below);
}

// Italian.

constexpr Words<20> kItalian{"zero",        "uno",      "due",    "tre",         "quattro",  "cinque",    "sei",
                             "sette",       "otto",     "nove",   "dieci",       "undici",   "dodici",    "tredici",
                             "quattordici", "quindici", "sedici", "diciassette", "diciotto", "diciannove"};
constexpr Words<10> kItalianTens{"",          "",         "venti",    "trenta",  "quaranta",
                                 "cinquanta", "sessanta", "settanta", "ottanta", "novanta"};

std::string italian_below_hundred(Extent n) {
  if (n < 20) return kItalian[n];
  std::string ten = kItalianTens[n / 10];
  const Extent unit = n % 10;
  if (unit == 0) return ten;
  return (unit == 1 || unit == 8 ? without_last(ten) : ten) + kItalian[unit];
}

/// A number above 0 before "mila".
std::string italian_before(Extent n) {
  const Parts parts(n);
  if (parts.hundreds == 0) return italian_below_hundred(parts.rest);
  std::string head = (parts.hundreds > 1 ? kItalian[parts.hundreds] : "") + std::string("cento");
  if (parts.rest == 0) return head;
  const std::string tail = italian_below_hundred(parts.rest);
  return (tail.front() == 'o' ? without_last(head) : head) + tail;
}

std::string italian(Extent n) {
  if (n <= 3) return kItalian[n];
  const Parts parts(n);
  std::string text = parts.thousands > 1 ? italian_before(parts.thousands) + "mila" : parts.thousands == 1 ? "mille" : "";
  if (parts.below > 0) text += italian_before(parts.below);
  const bool ends_in_three = parts.rest % 10 == 3 && parts.rest != 13;
  return ends_in_three ? without_last(text) + "é" : text;
}

// Finnish.

constexpr Words<11> kFinnish{"nolla", "yksi",      "kaksi",     "kolme",    "neljä",   "viisi",
                             "kuusi", "seitsemän", "kahdeksan", "yhdeksän", "kymmenen"};

std::string finnish_before(Extent n) {
  const Parts parts(n);
  std::string text = parts.hundreds > 1    ? kFinnish[parts.hundreds] + std::string("sataa")
                     : parts.hundreds == 1 ? "sata"
                                           : "";
  if (parts.rest == 0) return text;
  if (parts.rest <= 10) return text + kFinnish[parts.rest];
  if (parts.rest < 20) return text + kFinnish[parts.rest - 10] + "toista";
  text += kFinnish[parts.rest / 10] + std::string("kymmentä");
  return parts.rest % 10 == 0 ? text : text + kFinnish[parts.rest % 10];
}

std::string finnish(Extent n) {
  if (n == 0) return kFinnish[0];
  const Parts parts(n);
  const std::string head = parts.thousands > 1    ? finnish_before(parts.thousands) + "tuhatta"
                           : parts.thousands == 1 ? "tuhat"
                                                  : "";
  return head + finnish_before(parts.below);
}

// Turkish.

constexpr Words<10> kTurkish{"sıfır", "bir", "iki", "üç", "dört", "beş", "altı", "yedi", "sekiz", "dokuz"};
constexpr Words<10> kTurkishTens{"", "on", "yirmi", "otuz", "kırk", "elli", "altmış", "yetmiş", "seksen", "doksan"};

void add_word(std::string& text, std::string_view word) {
  if (!text.empty()) text += ' ';
  text += word;
}

std::string turkish_before(Extent n) {
  const Parts parts(n);
  std::string text;
  if (parts.hundreds > 1) add_word(text, kTurkish[parts.hundreds]);
  if (parts.hundreds > 0) add_word(text, "yüz");
  if (parts.rest >= 10) add_word(text, kTurkishTens[parts.rest / 10]);
  if (parts.rest % 10 > 0) add_word(text, kTurkish[parts.rest % 10]);
  return text;
}

std::string turkish(Extent n) {
  if (n == 0) return kTurkish[0];
  const Parts parts(n);
  std::string text = parts.thousands > 1 ? turkish_before(parts.thousands) : "";
  if (parts.thousands > 0) add_word(text, "bin");
  if (parts.below > 0) add_word(text, turkish_before(parts.below));
  return text;
}

constexpr std::array<Language, 7> kLanguages{
    {{"en", english}, {"de", german}, {"fr", french}, {"es", spanish}, {"it", italian}, {"fi", finnish}, {"tr", turkish}}};

}  // namespace

std::span<const Language> languages() { return kLanguages; }

}  // namespace fovea::number_words
