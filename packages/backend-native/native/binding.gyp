{
  "target_defaults": {
    "cflags!": ["-O2"],
    "cflags": ["-O3", "-fno-math-errno", "-ffp-contract=fast", "-Wall", "-Wextra", "-Wno-psabi", "-Wno-maybe-uninitialized", "-Wno-unused-parameter"],
    "cflags_cc!": ["-std=gnu++14", "-std=gnu++17", "-std=gnu++20"],
    "cflags_cc": ["-std=c++17"],
    "xcode_settings": { "CLANG_CXX_LANGUAGE_STANDARD": "c++17", "GCC_OPTIMIZATION_LEVEL": "3", "MACOSX_DEPLOYMENT_TARGET": "11.0", "OTHER_CFLAGS": ["-fno-math-errno", "-ffp-contract=fast"] },
    "include_dirs": ["<(plumbline_addon_api)"],
    "defines": ["NAPI_VERSION=8", "NODE_ADDON_API_DISABLE_DEPRECATED", "NODE_ADDON_API_CPP_EXCEPTIONS_ALL_DISABLED"]
  },
  "targets": [
    {
      "target_name": "plumbline",
      "sources": [
        "addon/addon.cc",
        "addon/engine_addon.cc",
        "addon/tfjs_addon.cc",
        "core/api.cc",
        "core/auxk.cc",
        "core/candidates.cc",
        "core/dense.cc",
        "core/dispatch.cc",
        "core/engine.cc",
        "core/forward.cc",
        "core/gradients.cc",
        "core/host_threads.cc",
        "core/panels.cc",
        "core/screen.cc",
        "core/select.cc",
        "core/step.cc",
        "core/update.cc",
        "tensor/adam.cc",
        "tensor/elementwise.cc",
        "tensor/layout.cc",
        "tensor/mat_mul.cc",
        "tensor/reduce.cc",
        "tensor/rows.cc",
        "tensor/top_k.cc"
      ],
      "defines": ["NAPI_DISABLE_CPP_EXCEPTIONS"],
      "conditions": [
        ["target_arch=='x64'", { "dependencies": ["baseline", "avx2", "avx512", "avx512_vnni", "avx512_bf16"] }],
        ["target_arch=='arm64'", { "dependencies": ["neon"] }],
        ["target_arch!='x64' and target_arch!='arm64'", { "dependencies": ["baseline"] }],
        ["OS=='linux'", { "ldflags": ["-static-libstdc++", "-static-libgcc", "-Wl,--exclude-libs,ALL"] }]
      ]
    },
    { "target_name": "baseline", "type": "static_library", "sources": ["isa/baseline.cc"] },
    { "target_name": "neon", "type": "static_library", "sources": ["isa/neon.cc"] },
    { "target_name": "avx2", "type": "static_library", "sources": ["isa/avx2.cc"], "cflags": ["-mavx2", "-mfma"] },
    { "target_name": "avx512", "type": "static_library", "sources": ["isa/avx512.cc"], "cflags": ["-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl", "-mfma"] },
    { "target_name": "avx512_vnni", "type": "static_library", "sources": ["isa/avx512_vnni.cc"], "cflags": ["-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl", "-mavx512vnni", "-mfma"] },
    { "target_name": "avx512_bf16", "type": "static_library", "sources": ["isa/avx512_bf16.cc"], "cflags": ["-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl", "-mavx512vnni", "-mavx512bf16", "-mfma"] }
  ]
}
