"""Time and memory of this process, as the operating system counts them."""

import time
from typing import Callable, TypeVar

Result = TypeVar("Result")


def timed(work: Callable[[], Result]) -> tuple[Result, float, float]:
    """Runs `work`; its result, wall milliseconds, and CPU milliseconds of all threads together."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    cpu_ms, wall_ms = (time.process_time() - cpu) * 1e3, (time.perf_counter() - wall) * 1e3
    return result, wall_ms, cpu_ms


def status_bytes(field: str) -> int:
    """A field of /proc/self/status that is given in kB, in bytes. `VmRSS` is resident now, `VmHWM` the most so far."""
    with open("/proc/self/status") as status:
        for line in status:
            name, _, value = line.partition(":")
            if name == field:
                return int(value.split()[0]) * 1024
    raise KeyError(f"/proc/self/status has no {field}")
