#include "sys/host_info.h"
#include <mntent.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <charconv>
#include <set>
#include "base/concat.h"
#include "base/process.h"
#include "text/trim.h"

namespace sr::sys {
namespace {

template <class Each> void each_line(std::string_view text, Each each) {
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    each(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (;;) {
    line = trimmed(line);
    if (line.empty()) return words;
    const auto end = std::min(line.find_first_of(" \t"), line.size());
    words.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
}

std::int64_t integer(std::string_view text) {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::string decimal(double value) {
  char text[32];
  return std::string(text, std::to_chars(text, text + sizeof text, value).ptr);
}

// "0.5", or 0 for what is no number: the text of a foreign file never becomes JSON as it is.
std::string number_text(std::string_view text) {
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return decimal(value);
}

json::Array cpus() {
  json::Array all;
  StringMap fields;
  const auto flush = [&] {
    if (!fields.contains("processor")) return fields.clear();
    const auto text = [&](const char* name) { return std::string_view(fields[name]); };
    json::Array flags;
    for (const auto flag : words_of(text("flags"))) flags.add(flag);
    json::Object cpu;
    cpu.put("cpu", integer(text("processor")))
        .put("vendorId", text("vendor_id"))
        .put("family", text("cpu family"))
        .put("model", text("model"))
        .put("stepping", integer(text("stepping")))
        .put("physicalId", text("physical id"))
        .put("coreId", text("core id"))
        .put("cores", std::int64_t{1})
        .put("modelName", text("model name"))
        .put_raw("mhz", number_text(text("cpu MHz")))
        .put("cacheSize", integer(text("cache size")))
        .put_raw("flags", flags.text())
        .put("microcode", text("microcode"));
    all.add(cpu);
    fields.clear();
  };
  each_line(read_proc("/proc/cpuinfo"), [&](std::string_view line) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return flush();
    fields[std::string(trimmed(line.substr(0, colon)))] = trimmed(line.substr(colon + 1));
  });
  flush();
  return all;
}

json::Array cpu_times() {
  json::Array all;
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  each_line(read_proc("/proc/stat"), [&](std::string_view line) {
    const auto words = words_of(line);
    if (words.size() < 9 || !words[0].starts_with("cpu") || words[0] == "cpu") return;
    json::Object one;
    one.put("cpu", words[0]);
    constexpr std::string_view names[] = {"user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal", "guest", "guestNice"};  // proc(5)
    for (std::size_t i = 0; i < std::size(names); ++i)
      one.put_raw(names[i], decimal(i + 1 < words.size() ? static_cast<double>(integer(words[i + 1])) / ticks : 0));
    all.add(one);
  });
  return all;
}

// File systems on local devices only: one on the network may not answer.
json::Array disks() {
  json::Array all;
  std::set<std::string> seen;
  std::FILE* table = setmntent("/proc/self/mounts", "r");
  if (!table) return all;
  mntent entry{};
  for (char line[4096]; getmntent_r(table, &entry, line, sizeof line);) {
    struct statvfs info {};
    if (!std::string_view(entry.mnt_fsname).starts_with("/dev/") || !seen.insert(entry.mnt_fsname).second || statvfs(entry.mnt_dir, &info) != 0) continue;
    const std::uint64_t total = info.f_blocks * info.f_frsize, free = info.f_bavail * info.f_frsize, used = (info.f_blocks - info.f_bfree) * info.f_frsize;
    const std::uint64_t inodes_used = info.f_files - info.f_ffree;
    const auto percent = [](std::uint64_t part, std::uint64_t whole) { return decimal(whole == 0 ? 0 : 100 * static_cast<double>(part) / static_cast<double>(whole)); };
    json::Object disk;
    disk.put("path", entry.mnt_dir)
        .put("fstype", entry.mnt_type)
        .put("total", total)
        .put("free", free)
        .put("used", used)
        .put_raw("usedPercent", percent(used, used + free))
        .put("inodesTotal", std::uint64_t{info.f_files})
        .put("inodesUsed", inodes_used)
        .put("inodesFree", std::uint64_t{info.f_ffree})
        .put_raw("inodesUsedPercent", percent(inodes_used, info.f_files));
    all.add(disk);
  }
  endmntent(table);
  return all;
}

json::Object host(Time now) {
  json::Object shown;
  utsname system{};
  uname(&system);
  const auto uptime = integer(read_proc("/proc/uptime"));
  shown.put("hostname", system.nodename)
      .put("uptime", uptime)
      .put("bootTime", std::chrono::floor<Seconds>(now).time_since_epoch().count() - uptime)
      .put("os", "linux")
      .put("kernelVersion", system.release)
      .put("kernelArch", system.machine);
  std::int64_t processes = 0;
  const std::string load = read_proc("/proc/loadavg");
  if (const auto words = words_of(load); words.size() > 3) processes = integer(words[3].substr(std::min(words[3].find('/') + 1, words[3].size())));
  shown.put("procs", processes);
  StringMap release;
  each_line(read_proc("/etc/os-release"), [&](std::string_view line) {
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) return;
    std::string_view value = line.substr(equals + 1);
    if (value.size() >= 2 && value.starts_with('"')) value = value.substr(1, value.size() - 2);
    release[std::string(line.substr(0, equals))] = value;
  });
  shown.put("platform", release["ID"]).put("platformFamily", release["ID_LIKE"].empty() ? release["ID"] : release["ID_LIKE"]).put("platformVersion", release["VERSION_ID"]);
  return shown;
}

json::Object memory() {
  std::map<std::string, std::int64_t, std::less<>> bytes;
  each_line(read_proc("/proc/meminfo"), [&](std::string_view line) {
    const auto words = words_of(line);
    if (words.size() >= 2 && words[0].ends_with(':')) bytes[std::string(words[0].substr(0, words[0].size() - 1))] = integer(words[1]) * (words.size() > 2 ? 1024 : 1);
  });
  const auto total = bytes["MemTotal"], available = bytes["MemAvailable"], used = total - available;
  json::Object shown;
  shown.put("total", total).put("available", available).put("used", used).put_raw("usedPercent", decimal(total > 0 ? 100 * static_cast<double>(used) / static_cast<double>(total) : 0));
  constexpr std::pair<const char*, const char*> names[] = {
      {"free", "MemFree"},        {"active", "Active"},           {"inactive", "Inactive"},         {"buffers", "Buffers"},           {"cached", "Cached"},
      {"writeback", "Writeback"}, {"dirty", "Dirty"},             {"writebacktmp", "WritebackTmp"}, {"shared", "Shmem"},              {"slab", "Slab"},
      {"mapped", "Mapped"},       {"sreclaimable", "SReclaimable"}, {"sunreclaim", "SUnreclaim"},   {"pagetables", "PageTables"},     {"swapcached", "SwapCached"},
      {"commitlimit", "CommitLimit"}, {"committedas", "Committed_AS"}, {"swaptotal", "SwapTotal"},  {"swapfree", "SwapFree"},         {"vmalloctotal", "VmallocTotal"},
      {"vmallocused", "VmallocUsed"}, {"vmallocchunk", "VmallocChunk"}, {"hugepagestotal", "HugePages_Total"}, {"hugepagesfree", "HugePages_Free"}, {"hugepagesize", "Hugepagesize"}};
  for (const auto& [name, line] : names) shown.put(name, bytes[line]);
  return shown;
}

}  // namespace

json::Object host_info(Time now) {
  json::Object info;
  info.put_raw("cpu", cpus().text()).put_raw("cpu_times", cpu_times().text()).put_raw("disk", disks().text());
  info.put("host", host(now)).put("memory", memory()).put("timestamp", rfc3339(now));
  return info;
}

}  // namespace sr::sys
