// What a service manager is told: systemd's protocol of one datagram to $NOTIFY_SOCKET, which is not worth a library.
#pragma once
#include <string_view>

namespace sr::server {

// "READY=1", "STOPPING=1", "STATUS=..." (sd_notify(3)). Does nothing where nobody listens.
void notify_service_manager(std::string_view state);

}  // namespace sr::server
