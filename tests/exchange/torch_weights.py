"""The same weights and inputs give the same outputs in PyTorch and here, with weights exchanged as .safetensors files.

usage: torch_weights.py WEIGHTS WEIGHTS_F64      the program built from weights.cpp in both precisions

Where PyTorch is not installed (python3-torch is a package of Debian) the exit status is 77, which ctest shows as skipped.
"""
import os
import subprocess
import sys
import tempfile

try:
    import torch
    from torch import nn
except ImportError as missing:
    print(f"skipped: {missing}; to compare with PyTorch, install python3-torch")
    sys.exit(77)

import numpy

sys.dont_write_bytecode = True  # in the folder of sources
import safetensors_file

LIMITS = {"float32": 1e-6, "float64": 1e-12}


class Encoder(nn.Module):
    """nn.LSTM or nn.GRU under the name that the weights have; PyTorch adds _l0 for its first layer."""

    def __init__(self, kind, name):
        super().__init__()
        self.encoder = nn.Module()
        self.encoder.add_module(name, kind(4, 6))

    def forward(self, x):
        (cell,) = self.encoder.children()
        y, state = cell(x)
        if isinstance(state, tuple):
            return {"y": y, "h": state[0][0], "c": state[1][0]}
        return {"y": y, "h": state[0]}

    @staticmethod
    def to_torch(weights):
        return {name + "_l0": array for name, array in weights.items()}

    @staticmethod
    def from_torch(weights):
        return {name.removesuffix("_l0"): array for name, array in weights.items()}


class Block(nn.Module):
    """nn.TransformerEncoderLayer, in which query, key and value are one layer, and True hides."""

    PARTS = ("query", "key", "value")
    NAMES = {"block.self.output": "block.self_attn.out_proj", "block.self_norm": "block.norm1",
             "block.feed_forward_norm": "block.norm2", "block.feed_forward.inner": "block.linear1",
             "block.feed_forward.outer": "block.linear2"}

    def __init__(self):
        super().__init__()
        self.block = nn.TransformerEncoderLayer(8, 2, 10, dropout=0, activation="gelu", batch_first=True, norm_first=True)

    def forward(self, x, mask):
        return {"y": self.block(x, src_key_padding_mask=mask == 0)}

    @classmethod
    def to_torch(cls, weights):
        renamed = {f"{there}.{kind}": weights[f"{here}.{kind}"] for here, there in cls.NAMES.items() for kind in ("weight", "bias")}
        for kind in ("weight", "bias"):
            renamed[f"block.self_attn.in_proj_{kind}"] = numpy.concatenate([weights[f"block.self.{part}.{kind}"] for part in cls.PARTS])
        return renamed

    @classmethod
    def from_torch(cls, weights):
        renamed = {f"{here}.{kind}": weights[f"{there}.{kind}"] for here, there in cls.NAMES.items() for kind in ("weight", "bias")}
        for kind in ("weight", "bias"):
            for part, array in zip(cls.PARTS, numpy.split(weights[f"block.self_attn.in_proj_{kind}"], 3)):
                renamed[f"block.self.{part}.{kind}"] = array
        return renamed


class MemN2N(nn.Module):
    """Sukhbaatar et al. 2015, arXiv:1503.08895: adjacent tying, position encoding, temporal tables."""

    def __init__(self):
        super().__init__()
        self.reader = nn.ParameterDict()
        for k in range(4):
            self.reader[f"embedding_{k}"] = nn.Parameter(torch.empty(11, 6))
            self.reader[f"temporal_{k}"] = nn.Parameter(torch.empty(7, 6))

    def encode(self, words, table):
        length, width = words.shape[-1], table.shape[1]
        j = torch.arange(1, length + 1, dtype=table.dtype)[:, None] / length
        k = torch.arange(1, width + 1, dtype=table.dtype)[None, :] / width
        return (table[words] * ((1 - j) - k * (1 - 2 * j))).sum(-2)

    def forward(self, story, question):
        slots = [self.encode(story, self.reader[f"embedding_{k}"]) + self.reader[f"temporal_{k}"][:story.shape[1]]
                 for k in range(4)]
        state = self.encode(question, self.reader["embedding_0"])
        for hop in range(3):
            weights = torch.softmax((slots[hop] @ state[:, :, None])[:, :, 0], -1)
            state = state + (weights[:, :, None] * slots[hop + 1]).sum(1)
        return {"scores": state @ self.reader["embedding_3"].T}

    @staticmethod
    def to_torch(weights):
        return weights

    @staticmethod
    def from_torch(weights):
        return weights


MODELS = {"lstm": lambda: Encoder(nn.LSTM, "lstm"), "gru": lambda: Encoder(nn.GRU, "gru"), "block": Block, "memn2n": MemN2N}
WHOLE = ("story", "question", "mask")  # inputs that are whole numbers


def outputs_of(model, inputs):
    given = {name: torch.tensor(array.astype("i8") if name in WHOLE else array) for name, array in inputs.items()}
    with torch.no_grad():
        return {name: value.numpy() for name, value in model(**given).items()}


def part(arrays, group):
    return {name.removeprefix(group + "/"): arrays[name] for name in arrays if name.startswith(group + "/")}


def check_ours_there(program, directory, limit):
    """We write weights, inputs and outputs; PyTorch takes the weights, all of them by their names, and computes the same."""
    subprocess.run([program, "write", directory], check=True)
    for name, make in MODELS.items():
        weights, _ = safetensors_file.read(os.path.join(directory, name + ".safetensors"))
        arrays = dict(numpy.load(os.path.join(directory, name + ".npz")))
        model = make().to(torch.float64 if limit < 1e-6 else torch.float32).eval()
        tensors = {key: torch.tensor(array) for key, array in model.to_torch(weights).items()}
        model.load_state_dict(tensors, strict=True)
        found = outputs_of(model, part(arrays, "in"))
        for key, expected in part(arrays, "out").items():
            error = abs(found[key] - expected).max() / max(1, abs(found[key]).max())
            print(f"  here to PyTorch: {name} {key} {error:.1e}")
            if not error <= limit or found[key].shape != expected.shape:
                sys.exit(f"failed: {name} {key}: at most {limit} was expected")


def check_theirs_here(program, directory, kind, limit):
    """PyTorch draws weights, saves them and computes; we take the weights and compute the same."""
    torch.manual_seed(1)
    draw = numpy.random.default_rng(2)
    real = lambda *shape: draw.normal(size=shape).astype(kind)
    inputs = {"lstm": {"x": real(5, 3, 4)}, "gru": {"x": real(5, 3, 4)},
              "block": {"x": real(3, 5, 8), "mask": numpy.array([[1, 1, 1, 1, 1], [1, 0, 1, 1, 0], [1, 1, 1, 0, 0]], "f4")},
              "memn2n": {"story": draw.integers(0, 11, (3, 5, 4)).astype("f4"), "question": draw.integers(0, 11, (3, 3)).astype("f4")}}
    for name, make in MODELS.items():
        model = make().to(getattr(torch, kind)).eval()
        for parameter in model.parameters():
            nn.init.normal_(parameter, std=0.5)
        weights = model.from_torch({key: value.numpy() for key, value in model.state_dict().items()})
        safetensors_file.write(os.path.join(directory, name + ".safetensors"), weights)
        outputs = outputs_of(model, inputs[name])
        numpy.savez(os.path.join(directory, name + ".npz"), **{f"in/{key}": value for key, value in inputs[name].items()},
                    **{f"out/{key}": value for key, value in outputs.items()})
    lines = subprocess.run([program, "compare", directory], check=True, capture_output=True, text=True).stdout.splitlines()
    for line in lines:
        print("  PyTorch to here:", line)
        if not float(line.split()[-1]) <= limit:
            sys.exit(f"failed: {line}: at most {limit} was expected")
    if len(lines) != 7:
        sys.exit(f"failed: 7 outputs were expected to be compared; {len(lines)} were")


def main():
    for program, (kind, limit) in zip(sys.argv[1:], LIMITS.items()):
        print(f"PyTorch {torch.__version__}, {kind}, limit {limit}")
        with tempfile.TemporaryDirectory() as directory:
            check_ours_there(program, directory, limit)
        with tempfile.TemporaryDirectory() as directory:
            check_theirs_here(program, directory, kind, limit)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main()
