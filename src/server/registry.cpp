#include "server/registry.h"
#include "audit/devices.h"
#include "auth/approle/approle.h"
#include "auth/userpass/userpass.h"
#include "engines/cubbyhole/cubbyhole.h"
#include "engines/kv/kv.h"
#include "engines/totp/totp.h"
#include "engines/transit/transit.h"
#include "logical/cubbyhole_rows.h"
#include "sys/sys.h"
#include "sys/token.h"

namespace sr::server {
namespace {

AuditDeviceMaker maker(Core& core, OpenAuditDevice* open, const AuditRules& rules) {
  return [&core, open, rules](AuditDeviceSetup setup) -> Result<std::unique_ptr<AuditDevice>> {
    return open({.name = setup.entry.path,
                 .id = setup.entry.id,
                 .options = setup.entry.options,
                 .salt = setup.entry.salt.copy(),
                 .key = TRY(Ed25519Key::from_seed(setup.entry.signing_seed.reveal())),
                 .last = std::move(setup.last),
                 .on_checkpoint = std::move(setup.on_checkpoint),
                 .rules = rules,
                 .must_open = setup.must_open,
                 .clock = core.clock(),
                 .log = core.log()});
  };
}

}  // namespace

void register_everything(Core& core, const AuditRules& audit) {
  // always there
  core.add_fixed(sys::spec(core), {.path = "sys/", .uuid = "sys", .description = "system endpoints used for control, policy and debugging", .seal_wrap = true});
  core.add_fixed(token::spec(core), {.path = "auth/token/", .uuid = "token", .description = "token based credentials"});
  core.add_fixed(cubbyhole::spec(), {.path = "cubbyhole/", .uuid = std::string(cubbyhole::mount_uuid), .description = "per-token private secret storage", .local = true});
  // secrets engines
  core.add_type(kv::version_1());
  core.add_type(kv::version_2());
  core.add_type(totp::spec());
  core.add_type(transit::spec());
  // auth methods
  core.add_type(approle::spec());
  core.add_type(userpass::spec());
  // audit devices
  core.add_audit_type("file", maker(core, open_file_device, audit));
  core.add_audit_type("syslog", maker(core, open_syslog_device, audit));
  core.add_audit_type("socket", maker(core, open_socket_device, audit));
}

}  // namespace sr::server
