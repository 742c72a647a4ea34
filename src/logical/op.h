// What a request asks of its path. Routes, policies, handlers and audit lines all speak of these and no others.
#pragma once
#include <cstdint>
#include <string_view>

namespace sr {

enum class Op : std::uint8_t { create, read, update, patch, remove, list, scan, help };

constexpr std::string_view name_of(Op op) {
  switch (op) {
    case Op::create: return "create";
    case Op::read: return "read";
    case Op::update: return "update";
    case Op::patch: return "patch";
    case Op::remove: return "delete";
    case Op::list: return "list";
    case Op::scan: return "scan";
    case Op::help: return "help";
  }
  return "";
}

}  // namespace sr
