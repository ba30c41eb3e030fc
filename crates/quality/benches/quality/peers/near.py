"""128 MinHashes of the runs of three words of each line: `near.py datasketch|rensa FILE` prints CPU seconds, cutting included."""

import json
import sys
import time
from pathlib import Path


def main(library, file):
    texts = [line.split() for line in Path(file).read_text().splitlines()]
    if library == "datasketch":
        from datasketch import MinHash
    else:
        from rensa import RMinHash
    start = time.process_time()
    for words in texts:
        runs = [f"{a}_{b}_{c}" for a, b, c in zip(words, words[1:], words[2:])]
        if library == "datasketch":
            sketch = MinHash(num_perm=128)
            sketch.update_batch([run.encode() for run in runs])
        else:
            sketch = RMinHash(num_perm=128, seed=42)
            sketch.update(runs)
    print(json.dumps({"cpu_s": time.process_time() - start}))


main(*sys.argv[1:])
