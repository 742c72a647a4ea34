// The Go client of OpenBao: what programs written in Go, and tools built on it, do with a server.
package clients

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/openbao/openbao/api/v2"
)

func client(t *testing.T, token string) *api.Client {
	t.Helper()
	config := api.DefaultConfig()
	config.Address = os.Getenv("TEST_ADDRESS")
	if ca := os.Getenv("TEST_CA"); ca != "" {
		must(t, config.ConfigureTLS(&api.TLSConfig{CACert: ca}))
	}
	made, err := api.NewClient(config)
	must(t, err)
	made.SetToken(token)
	return made
}

func root(t *testing.T) *api.Client { return client(t, os.Getenv("TEST_TOKEN")) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func equal(t *testing.T, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
}

func refused(t *testing.T, err error, status int) {
	t.Helper()
	var response *api.ResponseError
	if !errors.As(err, &response) || response.StatusCode != status {
		t.Fatalf("want a %d, got %v", status, err)
	}
}

func unique(prefix string) string {
	noise := make([]byte, 4)
	rand.Read(noise)
	return prefix + "-" + hex.EncodeToString(noise)
}

func kvMount(t *testing.T) string {
	t.Helper()
	admin, path := root(t), unique("kv")
	must(t, admin.Sys().Mount(path, &api.MountInput{Type: "kv", Options: map[string]string{"version": "2"}}))
	t.Cleanup(func() { admin.Sys().Unmount(path) })
	return path
}

func policy(t *testing.T, rules string) string {
	t.Helper()
	admin, name := root(t), unique("policy")
	must(t, admin.Sys().PutPolicy(name, rules))
	t.Cleanup(func() { admin.Sys().DeletePolicy(name) })
	return name
}

// An AppRole mount with one role; its path, the role's id, and the id of a new secret.
func approle(t *testing.T, role map[string]any) (path, roleID, secretID string) {
	t.Helper()
	admin := root(t)
	path = unique("approle")
	must(t, admin.Sys().EnableAuthWithOptions(path, &api.EnableAuthOptions{Type: "approle"}))
	t.Cleanup(func() { admin.Sys().DisableAuth(path) })
	_, err := admin.Logical().Write("auth/"+path+"/role/app", role)
	must(t, err)
	read, err := admin.Logical().Read("auth/" + path + "/role/app/role-id")
	must(t, err)
	made, err := admin.Logical().Write("auth/"+path+"/role/app/secret-id", nil)
	must(t, err)
	return path, read.Data["role_id"].(string), made.Data["secret_id"].(string)
}

func TestRuntimeClient(t *testing.T) {
	ctx, admin, mount := context.Background(), root(t), kvMount(t)
	database := map[string]any{"url": "postgresql://user:password@localhost:5432/ts_bun_app", "password": "super-secret-db-password"}
	_, err := admin.KVv2(mount).Put(ctx, "ts-bun-app/database", database)
	must(t, err)
	_, err = admin.KVv2(mount).Put(ctx, "other-app/database", database)
	must(t, err)
	reader := policy(t, fmt.Sprintf("path %q { capabilities = [\"read\"] }", mount+"/data/ts-bun-app/*"))
	token, err := admin.Auth().Token().Create(&api.TokenCreateRequest{Policies: []string{reader}, TTL: "1h"})
	must(t, err)

	app := client(t, token.Auth.ClientToken)
	secret, err := app.KVv2(mount).Get(ctx, "ts-bun-app/database")
	must(t, err)
	equal(t, secret.Data, database)
	equal(t, secret.VersionMetadata.Version, 1)
	_, err = app.KVv2(mount).Get(ctx, "other-app/database")
	refused(t, err, http.StatusForbidden)
	_, err = app.KVv2(mount).Put(ctx, "ts-bun-app/database", database)
	refused(t, err, http.StatusForbidden)
	_, err = app.KVv2(mount).Get(ctx, "ts-bun-app/nothing")
	if !errors.Is(err, api.ErrSecretNotFound) {
		t.Fatalf("want ErrSecretNotFound, got %v", err)
	}
	allowed, err := app.Sys().CapabilitiesSelf(mount + "/data/ts-bun-app/database")
	must(t, err)
	equal(t, allowed, []string{"read"})
}

// A service that keeps a copy of its configuration and learns of a new version.
func TestRotation(t *testing.T) {
	ctx, admin, mount := context.Background(), root(t), kvMount(t)
	kv := admin.KVv2(mount)
	_, err := kv.Put(ctx, "credentials", map[string]any{"aws": map[string]any{"aws_access_key": "old"}, "smtp": "kept"}, api.WithCheckAndSet(0))
	must(t, err)
	_, err = kv.Put(ctx, "credentials", map[string]any{}, api.WithCheckAndSet(0))
	refused(t, err, http.StatusBadRequest)
	_, err = kv.Patch(ctx, "credentials", map[string]any{"aws": map[string]any{"aws_access_key": "new"}})
	must(t, err)
	now, err := kv.Get(ctx, "credentials")
	must(t, err)
	equal(t, now.Data, map[string]any{"aws": map[string]any{"aws_access_key": "new"}, "smtp": "kept"})
	versions, err := kv.GetVersionsAsList(ctx, "credentials")
	must(t, err)
	equal(t, len(versions), 2)
	before, err := kv.GetVersion(ctx, "credentials", 1)
	must(t, err)
	equal(t, before.Data["aws"], map[string]any{"aws_access_key": "old"})
	_, err = kv.Rollback(ctx, "credentials", 1)
	must(t, err)
	must(t, kv.DeleteVersions(ctx, "credentials", []int{2}))
	must(t, kv.Undelete(ctx, "credentials", []int{2}))
	must(t, kv.Destroy(ctx, "credentials", []int{2}))
	must(t, kv.PutMetadata(ctx, "credentials", api.KVMetadataPutInput{MaxVersions: 5, CustomMetadata: map[string]any{"owner": "ops"}}))
	told, err := kv.GetMetadata(ctx, "credentials")
	must(t, err)
	equal(t, told.CurrentVersion, 3)
	equal(t, told.CustomMetadata, map[string]any{"owner": "ops"})
	equal(t, told.Versions["2"].Destroyed, true)
	listed, err := admin.Logical().List(mount + "/metadata")
	must(t, err)
	equal(t, listed.Data["keys"], []any{"credentials"})
	must(t, kv.DeleteMetadata(ctx, "credentials"))
}

// The client's own renewal: it renews until the maximum, and then says that it is over.
func TestAppRoleWithRenewal(t *testing.T) {
	ctx, mount := context.Background(), kvMount(t)
	_, err := root(t).KVv2(mount).Put(ctx, "flask-app/redis", map[string]any{"port": "6379"})
	must(t, err)
	reader := policy(t, fmt.Sprintf("path %q { capabilities = [\"read\"] }", mount+"/data/flask-app/*"))
	path, roleID, secretID := approle(t, map[string]any{"token_policies": reader, "token_ttl": "2s", "token_max_ttl": "7s"})

	app := client(t, "")
	login, err := app.Logical().Write("auth/"+path+"/login", map[string]any{"role_id": roleID, "secret_id": secretID})
	must(t, err)
	app.SetToken(login.Auth.ClientToken)
	watcher, err := app.NewLifetimeWatcher(&api.LifetimeWatcherInput{Secret: login, Increment: 2})
	must(t, err)
	go watcher.Start()
	defer watcher.Stop()
	renewals, deadline := 0, time.After(time.Minute)
	for over := false; !over; {
		select {
		case renewal := <-watcher.RenewCh():
			renewals++
			equal(t, renewal.Secret.Auth.ClientToken, login.Auth.ClientToken)
			if renewal.Secret.Auth.LeaseDuration < 2 {
				continue // near its maximum it may be gone before we ask
			}
			secret, err := app.KVv2(mount).Get(ctx, "flask-app/redis")
			must(t, err)
			equal(t, secret.Data["port"], "6379")
		case <-watcher.DoneCh():
			over = true
		case <-deadline:
			t.Fatal("the maximum did not end the renewals")
		}
	}
	if renewals == 0 {
		t.Fatal("the token was never renewed")
	}
	_, err = app.Logical().Write("auth/"+path+"/login", map[string]any{"role_id": roleID, "secret_id": "wrong"})
	refused(t, err, http.StatusBadRequest)
}

func TestSystem(t *testing.T) {
	admin := root(t)
	health, err := admin.Sys().Health()
	must(t, err)
	equal(t, []bool{health.Initialized, health.Sealed, health.Standby}, []bool{true, false, false})
	status, err := admin.Sys().SealStatus()
	must(t, err)
	equal(t, []int{status.T, status.N}, []int{3, 5})
	leader, err := admin.Sys().Leader()
	must(t, err)
	equal(t, leader.HAEnabled, false)

	mount := kvMount(t)
	ttl := "2h"
	must(t, admin.Sys().TuneMount(mount, api.MountConfigInput{DefaultLeaseTTL: "1h", MaxLeaseTTL: ttl}))
	tuned, err := admin.Sys().MountConfig(mount)
	must(t, err)
	equal(t, []int{tuned.DefaultLeaseTTL, tuned.MaxLeaseTTL}, []int{3600, 7200})
	mounts, err := admin.Sys().ListMounts()
	must(t, err)
	equal(t, []string{mounts[mount+"/"].Type, mounts[mount+"/"].Options["version"], mounts["sys/"].Type}, []string{"kv", "2", "system"})
	methods, err := admin.Sys().ListAuth()
	must(t, err)
	equal(t, methods["token/"].Type, "token")
	names, err := admin.Sys().ListPolicies()
	must(t, err)
	if joined := strings.Join(names, " "); !strings.Contains(joined, "default") || !strings.Contains(joined, "root") {
		t.Fatalf("policies: %v", names)
	}

	token, err := admin.Auth().Token().Create(&api.TokenCreateRequest{Policies: []string{"default"}, TTL: "10m", Metadata: map[string]string{"team": "a"}})
	must(t, err)
	told, err := admin.Auth().Token().LookupAccessor(token.Auth.Accessor)
	must(t, err)
	equal(t, told.Data["meta"], map[string]any{"team": "a"})
	renewed, err := client(t, token.Auth.ClientToken).Auth().Token().RenewSelf(1200)
	must(t, err)
	equal(t, renewed.Auth.LeaseDuration, 1200)
	must(t, admin.Auth().Token().RevokeAccessor(token.Auth.Accessor))
	_, err = client(t, token.Auth.ClientToken).Auth().Token().LookupSelf()
	refused(t, err, http.StatusForbidden)
}

// A secret id is handed out behind a token that opens once: whoever comes second knows that somebody was first.
func TestWrappedSecretID(t *testing.T) {
	admin := root(t)
	path, roleID, _ := approle(t, map[string]any{"token_policies": "default", "token_ttl": "1h"})
	wrapping := client(t, admin.Token())
	wrapping.SetWrappingLookupFunc(func(string, string) string { return "5m" })
	wrapped, err := wrapping.Logical().Write("auth/"+path+"/role/app/secret-id", nil)
	must(t, err)
	equal(t, wrapped.WrapInfo.TTL, 300)
	equal(t, wrapped.WrapInfo.CreationPath, "auth/"+path+"/role/app/secret-id")

	app := client(t, "")
	opened, err := app.Logical().Unwrap(wrapped.WrapInfo.Token)
	must(t, err)
	login, err := app.Logical().Write("auth/"+path+"/login", map[string]any{"role_id": roleID, "secret_id": opened.Data["secret_id"]})
	must(t, err)
	equal(t, login.Auth.TokenPolicies, []string{"default"})
	_, err = app.Logical().Unwrap(wrapped.WrapInfo.Token)
	refused(t, err, http.StatusBadRequest)
}
