"""What multiplies matrices here: versions, build options and the libraries that were really loaded."""

import ctypes
import os
import platform
import re

import numpy
import torch

LIBRARIES = ("libblas", "libopenblas", "libmkl", "libdnnl", "libgomp", "libiomp")
BUILD_FACTS = r".*(?:Math Kernel Library|MKL-DNN|OpenMP|CPU capability).*|BLAS_INFO=\w+"
SWITCHES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")


def loaded_libraries() -> list[str]:
    """Paths of the mapped libraries that multiply matrices or run threads. numpy's own BLAS is not used in a step."""
    paths = set()
    with open("/proc/self/maps") as maps:
        for line in maps:
            path = (line.rstrip("\n").split(maxsplit=5) + [""])[5]  # address, rights, offset, device, inode, path
            name = os.path.basename(path)
            if "numpy" not in path and name.startswith(LIBRARIES):
                paths.add(os.path.realpath(path))
    return sorted(paths)


def openblas_kernel(paths: list[str]) -> str | None:
    """The processor type that OpenBLAS chose its kernels for, if torch multiplies with OpenBLAS."""
    for path in paths:
        try:
            get = ctypes.CDLL(path).openblas_get_corename
        except AttributeError:
            continue
        get.restype = ctypes.c_char_p
        return get().decode()
    return None


def build() -> list[str]:
    """The lines of torch's own description of its build that bear on speed; the last says which BLAS it was built for."""
    config = torch.__config__.show()
    return [match.strip(" -") for match in re.findall(BUILD_FACTS, config)]


def info() -> dict:
    """The answer to an `info` request."""
    paths = loaded_libraries()
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": numpy.__version__,
        "threads": torch.get_num_threads(),
        "mkl": torch.backends.mkl.is_available(),
        "oneDnn": torch.backends.mkldnn.is_available(),
        "libraries": [os.path.basename(path) for path in paths],
        "openblasKernel": openblas_kernel(paths),
        "build": build(),
        "environment": {name: os.environ[name] for name in SWITCHES if name in os.environ},
    }
