#include "tasks/language/number_words.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace {

using namespace fovea;

std::string name_of(const std::string& tag, Extent number) {
  for (const number_words::Language& language : number_words::languages()) {
    if (tag == language.tag) return language.name(number);
  }
  return "no such language";
}

using Known = std::vector<std::pair<Extent, const char*>>;

void check_names(const std::string& tag, const Known& known) {
  for (const auto& [number, name] : known) CHECK(name_of(tag, number) == name);
}

}  // namespace

TEST_CASE("English hyphenates tens with units and puts 'and' before what is below a hundred") {
  check_names("en", {{0, "zero"},
                     {13, "thirteen"},
                     {40, "forty"},
                     {42, "forty-two"},
                     {100, "one hundred"},
                     {115, "one hundred and fifteen"},
                     {1001, "one thousand and one"},
                     {1100, "one thousand one hundred"},
                     {90099, "ninety thousand and ninety-nine"},
                     {123456, "one hundred and twenty-three thousand four hundred and fifty-six"}});
}

TEST_CASE("German says units before tens, and 'eins' only at the end") {
  check_names("de", {{0, "null"},
                     {1, "eins"},
                     {16, "sechzehn"},
                     {17, "siebzehn"},
                     {21, "einundzwanzig"},
                     {30, "dreißig"},
                     {67, "siebenundsechzig"},
                     {101, "einhunderteins"},
                     {121, "einhunderteinundzwanzig"},
                     {1000, "eintausend"},
                     {21000, "einundzwanzigtausend"},
                     {101101, "einhunderteintausendeinhunderteins"},
                     {777777, "siebenhundertsiebenundsiebzigtausendsiebenhundertsiebenundsiebzig"}});
}

TEST_CASE("French counts by twenties from 70 to 99, and 'cents' and 'vingts' have an s at the end alone") {
  check_names("fr", {{0, "zéro"},
                     {17, "dix-sept"},
                     {21, "vingt et un"},
                     {61, "soixante et un"},
                     {70, "soixante-dix"},
                     {71, "soixante et onze"},
                     {77, "soixante-dix-sept"},
                     {80, "quatre-vingts"},
                     {81, "quatre-vingt-un"},
                     {90, "quatre-vingt-dix"},
                     {91, "quatre-vingt-onze"},
                     {99, "quatre-vingt-dix-neuf"},
                     {100, "cent"},
                     {180, "cent quatre-vingts"},
                     {200, "deux cents"},
                     {201, "deux cent un"},
                     {1000, "mille"},
                     {1001, "mille un"},
                     {80000, "quatre-vingt mille"},
                     {200000, "deux cent mille"},
                     {271380, "deux cent soixante et onze mille trois cent quatre-vingts"}});
}

TEST_CASE("Spanish writes twenties as one word with accents, and shortens 'uno' before 'mil'") {
  check_names("es", {{1, "uno"},
                     {16, "dieciséis"},
                     {20, "veinte"},
                     {21, "veintiuno"},
                     {22, "veintidós"},
                     {23, "veintitrés"},
                     {26, "veintiséis"},
                     {31, "treinta y uno"},
                     {100, "cien"},
                     {101, "ciento uno"},
                     {500, "quinientos"},
                     {777, "setecientos setenta y siete"},
                     {999, "novecientos noventa y nueve"},
                     {1000, "mil"},
                     {1001, "mil uno"},
                     {11011, "once mil once"},
                     {21000, "veintiún mil"},
                     {31021, "treinta y un mil veintiuno"},
                     {100000, "cien mil"},
                     {101001, "ciento un mil uno"},
                     {121000, "ciento veintiún mil"}});
}

TEST_CASE("Italian drops vowels before 'uno' and 'otto', and writes 'tré' at the end of a longer word") {
  check_names("it", {{3, "tre"},
                     {17, "diciassette"},
                     {21, "ventuno"},
                     {23, "ventitré"},
                     {28, "ventotto"},
                     {33, "trentatré"},
                     {81, "ottantuno"},
                     {88, "ottantotto"},
                     {101, "centouno"},
                     {103, "centotré"},
                     {108, "centotto"},
                     {111, "centoundici"},
                     {113, "centotredici"},
                     {180, "centottanta"},
                     {1000, "mille"},
                     {1003, "milletré"},
                     {2008, "duemilaotto"},
                     {23000, "ventitremila"},
                     {21121, "ventunomilacentoventuno"}});
}

TEST_CASE("Finnish and Turkish count hundreds and thousands without a one before them") {
  check_names("fi", {{0, "nolla"},
                     {10, "kymmenen"},
                     {12, "kaksitoista"},
                     {20, "kaksikymmentä"},
                     {21, "kaksikymmentäyksi"},
                     {100, "sata"},
                     {200, "kaksisataa"},
                     {1000, "tuhat"},
                     {2345, "kaksituhattakolmesataaneljäkymmentäviisi"},
                     {110000, "satakymmenentuhatta"}});
  check_names("tr", {{0, "sıfır"},
                     {11, "on bir"},
                     {75, "yetmiş beş"},
                     {100, "yüz"},
                     {200, "iki yüz"},
                     {1000, "bin"},
                     {1923, "bin dokuz yüz yirmi üç"},
                     {101101, "yüz bir bin yüz bir"}});
}

namespace {

/// What the parts of a name are worth, in a grammar that all of these languages obey: a hundred and a thousand multiply what
/// stands before them (one where nothing does), everything else is added.
using Parts = std::map<std::string, Extent>;

Parts with_units(Parts parts, const std::vector<std::string>& units) {
  for (std::size_t i = 0; i < units.size(); ++i) parts.emplace(units[i], static_cast<Extent>(i));
  return parts;
}
Parts with_tens(Parts parts, const std::vector<std::string>& tens) {
  for (std::size_t i = 0; i < tens.size(); ++i) parts.emplace(tens[i], 10 * static_cast<Extent>(i + 2));
  return parts;
}

constexpr Extent kNothing = -1;

Parts english() {
  return with_tens(with_units({{" ", kNothing}, {"-", kNothing}, {"and", kNothing}, {"hundred", 100}, {"thousand", 1000}},
                              {"zero",     "one",     "two",     "three",     "four",     "five",    "six",
                               "seven",    "eight",   "nine",    "ten",       "eleven",   "twelve",  "thirteen",
                               "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"}),
                   {"twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"});
}

Parts german() {
  return with_tens(with_units({{"und", kNothing}, {"ein", 1}, {"hundert", 100}, {"tausend", 1000}},
                              {"null",     "eins",     "zwei",     "drei",     "vier",     "fünf",    "sechs",
                               "sieben",   "acht",     "neun",     "zehn",     "elf",      "zwölf",   "dreizehn",
                               "vierzehn", "fünfzehn", "sechzehn", "siebzehn", "achtzehn", "neunzehn"}),
                   {"zwanzig", "dreißig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig"});
}

Parts french() {
  return with_tens(with_units({{" ", kNothing},
                               {"-", kNothing},
                               {"et", kNothing},
                               {"quatre-vingt", 80},
                               {"quatre-vingts", 80},
                               {"cent", 100},
                               {"cents", 100},
                               {"mille", 1000}},
                              {"zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze",
                               "douze", "treize", "quatorze", "quinze", "seize"}),
                   {"vingt", "trente", "quarante", "cinquante", "soixante"});
}

Parts spanish() {
  Parts parts{{" ", kNothing},  {"y", kNothing},     {"un", 1},   {"veintiún", 21}, {"cien", 100}, {"ciento", 100},
              {"cientos", 100}, {"quinientos", 500}, {"sete", 7}, {"nove", 9},      {"mil", 1000}};
  return with_tens(
      with_units(parts, {"cero",         "uno",         "dos",        "tres",        "cuatro",     "cinco",
                         "seis",         "siete",       "ocho",       "nueve",       "diez",       "once",
                         "doce",         "trece",       "catorce",    "quince",      "dieciséis",  "diecisiete",
                         "dieciocho",    "diecinueve",  "veinte",     "veintiuno",   "veintidós",  "veintitrés",
                         "veinticuatro", "veinticinco", "veintiséis", "veintisiete", "veintiocho", "veintinueve"}),
      {"veinte", "treinta", "cuarenta", "cincuenta", "sesenta", "setenta", "ochenta", "noventa"});
}

Parts italian() {
  Parts parts{{"tré", 3}, {"cento", 100}, {"cent", 100}, {"mille", 1000}, {"mila", 1000}};
  parts = with_tens(parts, {"vent", "trent", "quarant", "cinquant", "sessant", "settant", "ottant", "novant"});
  return with_tens(with_units(parts, {"zero",        "uno",      "due",    "tre",         "quattro",  "cinque",    "sei",
                                      "sette",       "otto",     "nove",   "dieci",       "undici",   "dodici",    "tredici",
                                      "quattordici", "quindici", "sedici", "diciassette", "diciotto", "diciannove"}),
                   {"venti", "trenta", "quaranta", "cinquanta", "sessanta", "settanta", "ottanta", "novanta"});
}

Parts finnish() {
  return with_units(
      {{"toista", 10}, {"kymmentä", -10}, {"sata", 100}, {"sataa", 100}, {"tuhat", 1000}, {"tuhatta", 1000}},
      {"nolla", "yksi", "kaksi", "kolme", "neljä", "viisi", "kuusi", "seitsemän", "kahdeksan", "yhdeksän", "kymmenen"});
}

Parts turkish() {
  Parts parts{{" ", kNothing}, {"on", 10}, {"yüz", 100}, {"bin", 1000}};
  return with_tens(with_units(parts, {"sıfır", "bir", "iki", "üç", "dört", "beş", "altı", "yedi", "sekiz", "dokuz"}),
                   {"yirmi", "otuz", "kırk", "elli", "altmış", "yetmiş", "seksen", "doksan"});
}

Parts parts_of(const std::string& tag) {
  static const std::map<std::string, Parts (*)()> all{{"en", english}, {"de", german},  {"fr", french}, {"es", spanish},
                                                      {"it", italian}, {"fi", finnish}, {"tr", turkish}};
  return all.at(tag)();
}

/// The value of a list of parts.
Extent value_of(const std::vector<Extent>& parts) {
  Extent total = 0;
  Extent group = 0;
  Extent unit = 0;  // what a hundred or a ten multiplies
  for (const Extent part : parts) {
    if (part == 1000) {
      total += 1000 * std::max<Extent>(group + unit, 1);
      group = unit = 0;
    } else if (part == 100) {
      group += 100 * std::max<Extent>(unit, 1);
      unit = 0;
    } else if (part == -10) {
      group += 10 * unit;
      unit = 0;
    } else if (part != kNothing) {
      unit += part;
    }
  }
  return total + group + unit;
}

/// Whether a text can be cut into parts that are worth `wanted`; parts may begin alike, so every cut is tried.
bool reads_as(std::string_view text, const Parts& known, std::vector<Extent>& parts, Extent wanted) {
  if (text.empty()) return value_of(parts) == wanted;
  for (const auto& [part, value] : known) {
    if (!text.starts_with(part)) continue;
    parts.push_back(value);
    if (reads_as(text.substr(part.size()), known, parts, wanted)) return true;
    parts.pop_back();
  }
  return false;
}

/// All numbers below 3000, and some of all others.
std::vector<Extent> many_numbers() {
  std::vector<Extent> numbers;
  for (Extent number = 0; number < 3000; ++number) numbers.push_back(number);
  for (Extent number = 3000; number < number_words::kNumbers; number += 173) numbers.push_back(number);
  return numbers;
}

}  // namespace

TEST_CASE("the parts of every name are worth its number") {
  for (const number_words::Language& language : number_words::languages()) {
    const Parts parts = parts_of(language.tag);
    for (const Extent number : many_numbers()) {
      std::vector<Extent> found;
      const std::string name = language.name(number);
      if (reads_as(name, parts, found, number)) continue;
      FAIL_CHECK(language.tag, " ", number, ": ", name);
    }
  }
}

TEST_CASE("no two numbers have one name") {
  for (const number_words::Language& language : number_words::languages()) {
    const std::vector<Extent> numbers = many_numbers();
    std::set<std::string> names;
    for (const Extent number : numbers) names.insert(language.name(number));
    CHECK(names.size() == numbers.size());
  }
}
