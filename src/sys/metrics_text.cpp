#include "sys/metrics_text.h"
#include <charconv>
#include <cmath>
#include <limits>
#include "base/concat.h"
#include "text/json.h"

namespace sr::sys {
namespace {

std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  char text[32];
  const auto [end, problem] = std::to_chars(text, text + sizeof text, value);
  return problem == std::errc{} ? std::string(text, end) : "0";
}

bool is_of_the_cluster(std::string_view name) { return name.starts_with("core.") || name.starts_with("token.") || name.starts_with("secret.") || name.starts_with("identity."); }

// Vault labels its gauges so, and nothing else.
Metrics::Labels labels_of(const Metrics::Name& name, const MetricsStyle& style) {
  Metrics::Labels labels = name.labels;
  if (!style.cluster.empty() && is_of_the_cluster(name.text)) labels.emplace("cluster", style.cluster);
  return labels;
}

// [a-zA-Z_:][a-zA-Z0-9_:]*
std::string prometheus_name(std::string_view prefix, std::string_view name) {
  std::string text = prefix.empty() ? std::string(name) : concat(prefix, "_", name);
  for (char& c : text)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != ':') c = '_';
  if (std::isdigit(static_cast<unsigned char>(text.front()))) text.insert(0, 1, '_');
  return text;
}

std::string braces(const Metrics::Labels& labels, std::string_view quantile = {}) {
  if (labels.empty() && quantile.empty()) return {};
  std::string text = "{";
  const auto add = [&](std::string_view name, std::string_view value) {
    if (text.size() > 1) text += ',';
    text.append(name).append("=\"");
    for (const char c : value) {
      if (c == '\\' || c == '"') text += '\\', text += c;
      else if (c == '\n') text += "\\n";
      else text += c;
    }
    text += '"';
  };
  for (const auto& [name, value] : labels) add(name, value);
  if (!quantile.empty()) add("quantile", quantile);
  return text += '}';
}

struct Times {
  Timing::Totals total{}, recent{};
  Times& operator+=(const Times& more) {
    const auto add = [](Timing::Totals& to, const Timing::Totals& from) {
      to.count += from.count, to.nanoseconds += from.nanoseconds;
      for (std::size_t i = 0; i < to.in_bucket.size(); ++i) to.in_bucket[i] += from.in_bucket[i];
    };
    add(total, more.total), add(recent, more.recent);
    return *this;
  }
};
template <class T> using Families = std::map<std::string, std::map<Metrics::Labels, T>>;

void begin_family(Buffer& out, const std::string& name, std::string_view type) {
  out.append("# HELP ").append(name).append(" ").append(name).append("\n# TYPE ").append(name).append(" ").append(type).append("\n");
}

void print_values(Buffer& out, const Families<double>& families, std::string_view type) {
  for (const auto& [name, series] : families) {
    begin_family(out, name, type);
    for (const auto& [labels, value] : series) out.append(name).append(braces(labels)).append(" ").append(number(value)).append("\n");
  }
}

}  // namespace

Buffer prometheus_text(const Metrics::Reading& reading, const ProcessStats& process, const MetricsStyle& style) {
  Families<double> gauges, counters, of_process, ever;
  Families<Times> times;
  const auto family = [&](const Metrics::Name& name) { return prometheus_name(style.prefix, name.text); };
  for (const auto& [name, value] : reading.gauges) gauges[family(name)][labels_of(name, style)] += value;
  for (const auto& [name, total, recent] : reading.counters) counters[family(name)][name.labels] += static_cast<double>(total);
  for (const auto& [name, total, recent] : reading.timings) times[family(name)][name.labels] += Times{total, recent};

  const auto plain = [](Families<double>& families, std::string name, double value) { families[std::move(name)][{}] = value; };
  plain(ever, "process_cpu_seconds_total", process.cpu_seconds);
  plain(of_process, "process_max_fds", static_cast<double>(process.files_max));
  plain(of_process, "process_open_fds", static_cast<double>(process.open_files));
  plain(of_process, "process_resident_memory_bytes", static_cast<double>(process.resident_bytes));
  plain(of_process, "process_start_time_seconds", process.started);
  plain(of_process, "process_virtual_memory_bytes", static_cast<double>(process.virtual_bytes));

  Buffer out;
  print_values(out, ever, "counter");
  print_values(out, of_process, "gauge");
  print_values(out, gauges, "gauge");
  print_values(out, counters, "counter");
  for (const auto& [name, series] : times) {
    begin_family(out, name, "summary");
    for (const auto& [labels, one] : series) {
      for (const std::string_view quantile : {"0.5", "0.9", "0.99"}) {
        double share = 0;
        std::from_chars(quantile.data(), quantile.data() + quantile.size(), share);
        out.append(name).append(braces(labels, quantile)).append(" ").append(number(one.recent.quantile(share))).append("\n");
      }
      out.append(name).append("_sum").append(braces(labels)).append(" ").append(number(one.total.milliseconds())).append("\n");
      out.append(name).append("_count").append(braces(labels)).append(" ").append(std::to_string(one.total.count)).append("\n");
    }
  }
  return out;
}

Buffer json_summary(const Metrics::Reading& reading, const MetricsStyle& style) {
  const double seconds = std::max(1.0, std::chrono::duration<double>(reading.now - std::max(reading.since, reading.now - std::chrono::hours(24))).count());
  const auto named = [&](const Metrics::Name& name, const Metrics::Labels& pairs) {
    json::Object one, labels;
    for (const auto& [key, value] : pairs) labels.put(key, value);
    one.put("Name", style.prefix.empty() ? name.text : concat(style.prefix, ".", name.text)).put("Labels", labels);
    return one;
  };
  const auto summary = [&](json::Object& one, std::uint64_t count, double sum, double least, double most, double squares) {
    const double mean = sum / static_cast<double>(count);
    const double variance = count > 1 ? std::max(0.0, (squares - sum * mean) / static_cast<double>(count - 1)) : 0;
    one.put("Count", count)
        .put_raw("Rate", number(sum / seconds))
        .put_raw("Sum", number(sum))
        .put_raw("Min", number(least))
        .put_raw("Max", number(most))
        .put_raw("Mean", number(mean))
        .put_raw("Stddev", number(std::sqrt(variance)));
  };
  json::Array gauges, counters, samples;
  for (const auto& [name, value] : reading.gauges) gauges.add(named(name, labels_of(name, style)).put_raw("Value", std::isfinite(value) ? number(value) : "0"));
  for (const auto& [name, total, recent] : reading.counters) {
    if (recent == 0) continue;
    auto one = named(name, name.labels);
    summary(one, recent, static_cast<double>(recent), 1, 1, static_cast<double>(recent));
    counters.add(one);
  }
  for (const auto& [name, total, recent] : reading.timings) {
    if (recent.count == 0) continue;
    auto one = named(name, name.labels);
    summary(one, recent.count, recent.milliseconds(), recent.least(), recent.most(), recent.square_milliseconds);
    samples.add(one);
  }
  std::string time = rfc3339(std::chrono::floor<Seconds>(reading.since > Time{} ? reading.since : reading.now));  // "2026-11-22T04:51:50Z"
  time.replace(10, 1, " ").replace(time.size() - 1, 1, " +0000 UTC");
  json::Object all;
  all.put("Timestamp", time).put_raw("Gauges", gauges.text()).put_raw("Points", "[]").put_raw("Counters", counters.text()).put_raw("Samples", samples.text());
  Buffer out;
  all.print(out);
  return out;
}

}  // namespace sr::sys
