"""Accuracy against the number of bids, mean and deviation over seeds, from the results of `fovea run auction --seeds 3`."""

import glob
import statistics

import h5py
import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt

LENGTHS = [16, 64, 256, 1024]
for run in ("soft", "few"):
    files = sorted(glob.glob(f"runs/auction/{run}-seed*/results.h5"))
    means, deviations = [], []
    for n in LENGTHS:
        accuracy = [float(h5py.File(name)[f"evaluation/N={n}/accuracy"][-1]) for name in files]
        means.append(statistics.mean(accuracy))
        deviations.append(statistics.stdev(accuracy))
        print(f"{run:8} {n:5} bids  {means[-1]:.3f} +- {deviations[-1]:.3f}")
    plt.errorbar(LENGTHS, means, deviations, label=run, marker="o", capsize=3)
plt.xscale("log", base=2)
plt.xlabel("bids in an auction (16 in training)")
plt.ylabel("accuracy")
plt.legend()
plt.savefig("accuracy.svg")
