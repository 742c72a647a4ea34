#include "core/elsewhere.h"
#include "base/concat.h"
#include "core/folded_path.h"
#include "core/keys.h"
#include "core/tokens.h"
#include "storage/record.h"

namespace sr {

std::string MountWorkIntent::key(std::string_view mount_uuid, std::string_view id) { return concat(keys::mount_work, mount_uuid, "/", id); }

Result<Elsewhere::Place> AclElsewhere::find(std::string_view text) {
  const auto path = ApiPath::from_decoded(std::string(text));
  if (!path) return fail(Code::invalid, concat("the destination is no path: ", path.error().message));
  const Mount* mount = asking_.router.find(path->view());
  const bool may_know = asking_.acl.is_root() || (mount && asking_.acl.reaches(mount->entry.path));
  if (!may_know) return fail(Code::denied, "1 error occurred:\n\t* permission denied\n\n");
  if (!mount) return fail(Code::invalid, concat("no mount holds the destination \"", path->view(), "\""));
  const MountEntry& entry = mount->entry;
  if (&mount->spec != &asking_.here.spec) return fail(Code::invalid, concat("the destination mount \"", entry.path, "\" is not of the type and version of \"", asking_.here.entry.path, "\""));
  if (entry.upgrading || entry.going) return fail(Code::invalid, concat("the destination mount \"", entry.path, "\" is being changed, try again"));
  const bool is_here = entry.uuid == asking_.here.entry.uuid;
  if (!is_here) transaction_.expect(mount->key, mount->revision);
  return Place{.rows = View::mount(transaction_, NamespaceId("root"), entry.uuid), .mount = entry.path, .uuid = entry.uuid,
               .inside = std::string(path->view().substr(std::min(path->view().size(), entry.path.size()))), .is_here = is_here};
}

bool AclElsewhere::allows(Op op, std::string_view mount, std::string_view inside) const {
  const std::string path = concat(mount, inside), folded = folded_path(asking_.router, path);
  const auto found = match(asking_.here.spec, inside);
  const Question question{.op = op, .path = path, .folded = folded, .parameters = asking_.parameters, .needs_sudo = found && found->route->access == Access::root};
  return asking_.acl.decide(question).allowed;
}

bool AclElsewhere::is_denied(std::string_view mount, std::string_view inside) const {
  const std::string path = concat(mount, inside);
  return !asking_.acl.is_root() && asking_.acl.given(path, folded_path(asking_.router, path)).denies();
}

Result<void> AclElsewhere::begin_work(std::string_view id) {
  Buffer parameters;
  if (asking_.parameters) json::print(parameters, *asking_.parameters);
  const MountWorkIntent intent{.policies = asking_.policies, .parameters = std::string(parameters.view())};
  return core_view(transaction_).put(MountWorkIntent::key(asking_.here.entry.uuid, id), store_record(intent));
}

}  // namespace sr
