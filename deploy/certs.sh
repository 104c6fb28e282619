#!/bin/sh
# Makes the certificates of a secure installation under a folder: of the
# database's nodes and users, and of the gateways. What is there is kept, so that
# it can be run again when a node is added or, with the old file removed, when a
# certificate is to be renewed.
#
#   deploy/certs.sh FOLDER            needs cockroach (COCKROACH_BINARY) and openssl
#
# FOLDER/ca/ holds the authorities' keys: keep them off the machines that serve.
set -eu
folder=${1:?give the folder for the certificates}
cockroach=${COCKROACH_BINARY:-cockroach}
nodes=${NODES:-"db-js db-sn db-ha"}
gateways=${GATEWAYS:-"gateway-js gateway-sn"}
days=${DAYS:-365}
mkdir -p "$folder/ca" "$folder/client" "$folder/gateways"
chmod 700 "$folder/ca"

[ -f "$folder/client/ca.crt" ] ||
  "$cockroach" cert create-ca --certs-dir="$folder/client" --ca-key="$folder/ca/database.key"

for node in $nodes; do
  mkdir -p "$folder/$node"
  cp "$folder/client/ca.crt" "$folder/$node/ca.crt"
  [ -f "$folder/$node/node.crt" ] ||
    "$cockroach" cert create-node "$node" localhost 127.0.0.1 --certs-dir="$folder/$node" --ca-key="$folder/ca/database.key" --lifetime="$((days * 24))h"
done

# One for each user of deploy/sql, and for the administrator.
for user in root exchange_migrate exchange_serve exchange_report; do
  [ -f "$folder/client/client.$user.crt" ] ||
    "$cockroach" cert create-client "$user" --certs-dir="$folder/client" --ca-key="$folder/ca/database.key" --lifetime="$((days * 24))h"
done

# The gateways have an authority of their own: a gateway is no user of the
# database, and each shows its certificate as server and as client.
[ -f "$folder/gateways/ca.pem" ] ||
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj "/CN=Sushaan gateways" \
    -keyout "$folder/ca/gateways.key" -out "$folder/gateways/ca.pem" 2>/dev/null

for gateway in $gateways; do
  [ -f "$folder/gateways/$gateway.pem" ] && continue
  extensions=$(mktemp)
  printf 'subjectAltName=DNS:%s,DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n' "$gateway" >"$extensions"
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$gateway" \
    -keyout "$folder/gateways/$gateway.key" -out "$folder/gateways/$gateway.csr" 2>/dev/null
  openssl x509 -req -in "$folder/gateways/$gateway.csr" -CA "$folder/gateways/ca.pem" -CAkey "$folder/ca/gateways.key" \
    -CAcreateserial -days "$days" -extfile "$extensions" -out "$folder/gateways/$gateway.pem" 2>/dev/null
  rm -f "$extensions" "$folder/gateways/$gateway.csr"
done
