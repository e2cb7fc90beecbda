#pragma once

extern "C" void omp_set_num_threads(int);

// Internal to calls of oneDNN. Debian's build runs on OpenMP, whose setting belongs to the calling thread: threads of the
// pool, the main thread and the threads of a host program would each start a team of their own.
namespace fovea::cpu {

inline void use_one_openmp_thread() {
  thread_local bool done = false;
  if (done) return;
  omp_set_num_threads(1);
  done = true;
}

}  // namespace fovea::cpu
