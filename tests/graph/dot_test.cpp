#include <doctest/doctest.h>

#include <string>

#include "framework/graph/functions.h"
#include "framework/graph/loop.h"

using namespace fovea;

namespace {

// x [2, 3], decoder/w [4, 3], y = tanh(x w^T), which is also read by z = y * y.
std::shared_ptr<const Graph> small_graph() {
  Builder b;
  const Value x = b.input("x", {{2, 3}, Kind::kReal});
  Value y;
  {
    auto scope = b.scope("decoder");
    y = tanh(linear(x, b.parameter("w", {4, 3})));
  }
  auto scope = b.scope("7");
  b.output("the \"y\"", y);
  b.output("z", multiply(y, y));
  return b.freeze();
}

}  // namespace

TEST_CASE("a picture of layers has a box for each scope, without parameters, and an edge for each pair of them") {
  CHECK(dot_text(*small_graph(), Detail::kLayers) ==
        "digraph G {\n"
        "0 [label=x, shape=ellipse];\n"
        "1 [label=decoder, shape=box];\n"
        "2 [label=7, shape=box];\n"
        "3 [label=\"the \\\"y\\\"\", shape=ellipse];\n"
        "4 [label=z, shape=ellipse];\n"
        "0->1 ;\n"
        "1->2 ;\n"
        "1->3 ;\n"
        "2->4 ;\n"
        "}\n");
}

TEST_CASE("a picture of ops has a box for each node, with its path, kind and shape") {
  CHECK(dot_text(*small_graph(), Detail::kOps) ==
        "digraph G {\n"
        "0 [label=\"x\ninput [2, 3]\", shape=ellipse];\n"
        "1 [label=\"decoder/w\nparameter [4, 3]\", shape=box];\n"
        "2 [label=\"decoder/linear\nlinear [2, 4]\", shape=box];\n"
        "3 [label=\"decoder/tanh\ntanh [2, 4]\", shape=box];\n"
        "4 [label=\"7/multiply\nmultiply [2, 4]\", shape=box];\n"
        "5 [label=\"the \\\"y\\\"\", shape=ellipse];\n"
        "6 [label=z, shape=ellipse];\n"
        "0->2 ;\n"
        "1->2 ;\n"
        "2->3 ;\n"
        "3->4 ;\n"
        "3->5 ;\n"
        "4->6 ;\n"
        "}\n");
}
