"""Attention to the best k items of each query in PyTorch, topk and gather, forward and backward, one batch element: the work
of bench_head_sites with top_k. Queries go in blocks, so that the scores fit the memory. Prints one JSON line for each way.

Examples:
  top_k_attention.py
  top_k_attention.py 4096 32
"""
import argparse
import json
import statistics
import time

HEADS, WIDTH = 8, 64


def attend(q, k, v, kept, block):
    reads = []
    for first in range(0, q.shape[1], block):
        part = q[:, first : first + block]
        scores, items = torch.topk(part @ k.transpose(1, 2) / WIDTH**0.5, kept, -1)
        weights = torch.softmax(scores, -1)
        rows = torch.stack([v[h][items[h]] for h in range(HEADS)])
        reads.append((weights.unsqueeze(-1) * rows).sum(2))
    return torch.cat(reads, 1)


def lean(q, k, v, kept, block):
    """The search without a graph; gradients pass the kept pairs alone."""
    reads = []
    for first in range(0, q.shape[1], block):
        part = q[:, first : first + block]
        with torch.no_grad():
            items = torch.topk(part @ k.transpose(1, 2), kept, -1, sorted=False).indices
        keys = torch.stack([k[h][items[h]] for h in range(HEADS)])
        weights = torch.softmax((keys * part.unsqueeze(2)).sum(-1) / WIDTH**0.5, -1)
        rows = torch.stack([v[h][items[h]] for h in range(HEADS)])
        reads.append((weights.unsqueeze(-1) * rows).sum(2))
    return torch.cat(reads, 1)


def positive(text):
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a number >= 1; {text} came")
    return int(text)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("length", type=positive, nargs="?", default=16384, help="items and queries N (16384)")
    parser.add_argument("kept", type=positive, nargs="?", default=64, help="items that a query keeps (64)")
    parser.add_argument("block", type=positive, nargs="?", default=512, help="queries at a time (512)")
    return parser.parse_args()


def main(length, kept, block):
    torch.manual_seed(0)
    q, k, v = (torch.randn(HEADS, length, WIDTH).requires_grad_() for _ in range(3))
    grad = torch.randn(HEADS, length, WIDTH)
    for way in (attend, lean):
        seconds = []
        for _ in range(3):
            start = time.perf_counter()
            torch.autograd.grad(way(q, k, v, kept, block), (q, k, v), grad)
            seconds.append(time.perf_counter() - start)
        config = f"N={length},H={HEADS},D={WIDTH},k={kept}"
        name = f"topk_gather_{way.__name__}_fwdbwd"
        print(json.dumps({"name": name, "config": config, "median_s": statistics.median(seconds), "best_s": min(seconds)}))


if __name__ == "__main__":
    wanted = arguments()
    import torch  # after the arguments, so that help needs nothing

    main(wanted.length, wanted.kept, wanted.block)
