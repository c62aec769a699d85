"""A long-lived process that runs training steps on request: one JSON object per line in, one out. See README.md.

torch and numpy are imported by the `init` request and not before, because the number of threads must be in the environment
when they load a BLAS; Debian's load the same one.
A process has one `init`: threads and peak memory cannot be taken back.
"""

import json
import math
import os
import sys
import traceback

sys.dont_write_bytecode = True

from meters import status_bytes, timed  # noqa: E402
from settings import settings_of  # noqa: E402


class Worker:
    """The state between requests; each public method answers the request of its name."""

    def __init__(self):
        self.training = None
        self.had_init = False
        self.running = True

    def init(self, request: dict) -> dict:
        if self.had_init:
            raise ValueError("init: this process has had its init; start another one")
        self.had_init = True
        settings = settings_of(request)
        self.baseline_bytes = import_torch(settings.threads)
        import torch
        from rows import RowFile
        from variants import VARIANTS

        if settings.variant not in VARIANTS:
            raise ValueError(f"init: no variant {settings.variant}; there are {', '.join(VARIANTS)}")
        variant = VARIANTS[settings.variant]
        torch.manual_seed(settings.seed)
        self.clip = settings.clip
        self.rows = RowFile(settings)
        self.training = variant.make(settings, torch.from_numpy(self.rows.next()))
        self.rows.rewind()
        return {"ok": True, "gemms": variant.gemms, "clip": settings.clip or variant.always_clips}

    def step(self, request: dict) -> dict:
        training, clip = self.started(), request.get("clip", self.clip)
        loss, times = self.timed_batches(request, lambda x: training.step(x, clip))
        if not math.isfinite(loss):
            raise ArithmeticError(f"step: the loss is {loss}")
        return {**times, "loss": loss}

    def encode(self, request: dict) -> dict:
        training = self.started()
        import torch

        with torch.no_grad():
            return self.timed_batches(request, training.encode)[1]

    def timed_batches(self, request: dict, work) -> tuple:
        """Does `work` on as many batches as requested; the last result, and the times."""
        import torch

        wall_ms, cpu_ms, result = [], [], math.nan
        for _ in range(request.get("n", 1)):
            x = torch.from_numpy(self.rows.next())
            result, wall, cpu = timed(lambda: work(x))
            wall_ms.append(wall)
            cpu_ms.append(cpu)
        return result, {"wallMs": wall_ms, "cpuMs": cpu_ms}

    def info(self, _request: dict) -> dict:
        self.started()
        from versions import info

        return info()

    def memory(self, _request: dict) -> dict:
        self.started()
        return {
            "peakBytes": status_bytes("VmHWM"),
            "currentBytes": status_bytes("VmRSS"),
            "baselineBytes": self.baseline_bytes,
        }

    def quit(self, _request: dict) -> dict:
        self.running = False
        return {"ok": True}

    def started(self):
        if self.training is None:
            raise ValueError("the first request must be init")
        return self.training


def import_torch(threads: int) -> int:
    """Imports torch with this many threads for everything; resident bytes right after, before there is any data.

    One Adam step on one number comes before the reading: newer releases import up to 180 MB more of themselves at the
    first step of an optimizer, and that is code, not memory of the training.
    """
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(threads)
    import torch

    torch.set_num_threads(threads)
    number = torch.nn.Parameter(torch.ones(1))
    number.sum().backward()
    torch.optim.Adam([number]).step()
    return status_bytes("VmRSS")


OPS = {name: getattr(Worker, name) for name in ("init", "step", "encode", "info", "memory", "quit")}


def answer(worker: Worker, line: str) -> dict:
    """The answer to one request. Whatever goes wrong is an answer too, cut short; its traceback goes to standard error."""
    try:
        request = json.loads(line)
        op = request.get("op")
        if op not in OPS:
            raise ValueError(f"no op {op}; there are {', '.join(OPS)}")
        return OPS[op](worker, request)
    except Exception as error:
        traceback.print_exc()
        return {"error": f"{type(error).__name__}: {error}".split("\n")[0][:500]}


def main() -> None:
    answers, sys.stdout = sys.stdout, sys.stderr  # what libraries print must not come between answers
    worker = Worker()
    for line in sys.stdin:
        print(json.dumps(answer(worker, line)), file=answers, flush=True)
        if not worker.running:
            break


if __name__ == "__main__":
    main()
