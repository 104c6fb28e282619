#!/bin/sh
# Makes the certificates of a secure installation under a folder: of the
# database's nodes and users, and of the gateways. What is there is kept, so that
# it can be run again when a node is added or, with the old file removed, when a
# certificate is to be renewed.
#
#   deploy/certs.sh FOLDER            needs cockroach (COCKROACH_BINARY) and openssl
#
# FOLDER/ca/              the authorities' keys: keep them off the machines that serve
# FOLDER/ca.crt           the database's authority
# FOLDER/<node>/          of a node of the database
# FOLDER/users/<user>/    of a user of the database; who serves needs no other
# FOLDER/gateways/<name>/ of a gateway
set -eu
folder=${1:?give the folder for the certificates}
cockroach=${COCKROACH_BINARY:-cockroach}
nodes=${NODES:-"db-js db-sn db-ha"}
gateways=${GATEWAYS:-"gateway-js gateway-sn"}
days=${DAYS:-365}
mkdir -p "$folder/ca"
chmod 700 "$folder/ca"

[ -f "$folder/ca/ca.crt" ] ||
  "$cockroach" cert create-ca --certs-dir="$folder/ca" --ca-key="$folder/ca/database.key"
cp "$folder/ca/ca.crt" "$folder/ca.crt"

for node in $nodes; do
  mkdir -p "$folder/$node"
  cp "$folder/ca.crt" "$folder/$node/ca.crt"
  [ -f "$folder/$node/node.crt" ] ||
    "$cockroach" cert create-node "$node" localhost 127.0.0.1 --certs-dir="$folder/$node" --ca-key="$folder/ca/database.key" --lifetime="$((days * 24))h"
done

# One for each user of deploy/sql, and for the administrator.
for user in root exchange_migrate exchange_serve exchange_report; do
  own="$folder/users/$user"
  mkdir -p "$own"
  cp "$folder/ca.crt" "$own/ca.crt"
  [ -f "$own/client.$user.crt" ] ||
    "$cockroach" cert create-client "$user" --certs-dir="$own" --ca-key="$folder/ca/database.key" --lifetime="$((days * 24))h"
done

# The gateways have an authority of their own: a gateway is no user of the
# database, and each shows its certificate as server and as client.
[ -f "$folder/ca/gateways.pem" ] ||
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj "/CN=Sushaan gateways" \
    -keyout "$folder/ca/gateways.key" -out "$folder/ca/gateways.pem" 2>/dev/null

for gateway in $gateways; do
  own="$folder/gateways/$gateway"
  mkdir -p "$own"
  cp "$folder/ca/gateways.pem" "$own/ca.pem"
  [ -f "$own/tls.pem" ] && continue
  extensions=$(mktemp)
  printf 'subjectAltName=DNS:%s,DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n' "$gateway" >"$extensions"
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$gateway" \
    -keyout "$own/tls.key" -out "$own/tls.csr" 2>/dev/null
  openssl x509 -req -in "$own/tls.csr" -CA "$folder/ca/gateways.pem" -CAkey "$folder/ca/gateways.key" \
    -CAcreateserial -days "$days" -extfile "$extensions" -out "$own/tls.pem" 2>/dev/null
  rm -f "$extensions" "$own/tls.csr"
done
