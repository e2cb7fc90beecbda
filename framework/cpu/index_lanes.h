#pragma once

#include "framework/cpu/lanes.h"

// Internal to kernels: indices that go with the lanes of a pack.
namespace fovea::cpu {

using IndexPack = Index __attribute__((vector_size(kPack * sizeof(Index))));
inline IndexPack load_indices(const Index* from) {
  IndexPack pack;
  std::memcpy(&pack, from, sizeof(pack));
  return pack;
}
inline void store_indices(Index* to, IndexPack pack) { std::memcpy(to, &pack, sizeof(pack)); }
inline IndexPack where(Lanes lanes, IndexPack yes, IndexPack no) {
#if defined(__AVX512F__) && !defined(FOVEA_F64)
  return reinterpret_cast<IndexPack>(
      _mm512_mask_blend_epi32(lanes, reinterpret_cast<__m512i>(no), reinterpret_cast<__m512i>(yes)));
#elif defined(__AVX512VL__)
  return reinterpret_cast<IndexPack>(
      _mm256_mask_blend_epi32(lanes, reinterpret_cast<__m256i>(no), reinterpret_cast<__m256i>(yes)));
#elif defined(__AVX512F__)
  for (Extent i = 0; i < kPack; ++i) no[i] = (lanes >> i & 1) != 0 ? yes[i] : no[i];
  return no;
#else
  return __builtin_convertvector(lanes, IndexPack) ? yes : no;
#endif
}

}  // namespace fovea::cpu
