// Rows in memory, every version that a live snapshot can still see: for unit tests and the simulator.
#pragma once
#include "storage/table.h"

namespace sr {
std::unique_ptr<Table> memory_table();
}
