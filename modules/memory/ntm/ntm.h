#pragma once

#include <string>

#include "framework/attention/site/site.h"
#include "modules/memory/ntm/memory_address.h"

namespace fovea {

/// Moves weights by places, in a circle.
///
/// Solves    y_n = sum over s of shift_s w_((n - (s - R)) mod N), s = 0 .. 2 R: the last one moves weight R places ahead.
/// Shapes    weights [B, N], shift [B, 2 R + 1] -> [B, N].
/// Errors    an even number of shifts; R above N.
/// Source    Graves et al. 2014, arXiv:1410.5401, equation 8.
Value shift_places(Value weights, Value shift, At at = At::here());

/// Solves    y_n = w_n^power / sum over i of w_i^power; weights are not negative, power >= 1.
/// Shapes    weights [B, N], power [B] -> [B, N].
/// Source    Graves et al. 2014, arXiv:1410.5401, equation 9.
Value sharpen(Value weights, Value power, At at = At::here());

/// What a controller sends to a head of a neural Turing machine, for each row of the batch.
struct NtmControls {
  Value key;        // [B, D], what to look for
  Value sharpness;  // [B] > 0, of the search
  Value gate;       // [B] in [0, 1]: 1 takes what was found, 0 the place of the step before
  Value shift;      // [B, 2 R + 1], weights of the moves by -R .. R places, summing to 1
  Value power;      // [B] >= 1, of the sharpening
};

/// The controls as a linear function of the state of a controller, mapped into their ranges.
///
/// Shapes    state [B, H], D the width of a slot, R >= 0 -> see NtmControls. Parameters "weight" and "bias" at the scope of
///           the name.
/// Source    Graves et al. 2014, arXiv:1410.5401, section 3.3; softplus for the positive ones.
NtmControls ntm_controls(Builder& builder, const std::string& name, Value state, Extent width, Extent reach,
                         At at = At::here());

/// A head of a neural Turing machine: finds slots of a memory by their content and by their place.
///
/// Solves    found = select(sharpness * score(key, memory)) by the site; w = gate found + (1 - gate) previous, shifted in a
///           circle, then sharpened: see make_memory_address. A site that keeps few slots searches few; `cosine | dense |
///           softmax` is the paper's.
/// Shapes    memory [B, N, D], previous [B, N] -> weights [B, N].
/// Gradient  that of the site, exact elsewhere.
/// Source    Graves et al. 2014, arXiv:1410.5401, section 3.3.
class NtmHead {
 public:
  NtmHead(Builder& builder, const std::string& name, Extent width,
          const std::string& site = "cosine | dense | softmax | none", At at = At::here());

  Value weights(Value memory, Value previous, const NtmControls& controls, Sharpening sharpening = Sharpening::kPower);

 private:
  Site site_;
};

/// Shapes    memory [B, N, D], weights [B, N] -> the read vector [B, D]. Source: equation 2 there.
Value ntm_read(Value memory, Value weights, At at = At::here());

/// Solves    memory_n (1 - w_n erase) + w_n add, element by element; erase in [0, 1].
/// Shapes    memory [B, N, D], weights [B, N], erase and add [B, D] -> the new memory [B, N, D]. Source: equations 3 and 4.
Value ntm_write(Value memory, Value weights, Value erase, Value added, At at = At::here());

}  // namespace fovea
