#!/bin/sh
# Makes the certificates of these tests: for nothing else, valid for a hundred years.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
cat >"$work/ca.cnf" <<END
[ca]
default_ca = own
[own]
database = $work/index.txt
new_certs_dir = $work
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
END
: >"$work/index.txt"

make() { # name, signer, extensions
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$1.key" -out "$work/$1.csr" -subj "/CN=$1"
  printf '%b' "$3" >"$work/$1.ext"
  signer="-cert $2.pem"
  test "$1" = "$2" && signer=-selfsign
  openssl ca -batch -notext -config "$work/ca.cnf" $signer -keyfile "$2.key" -in "$work/$1.csr" -out "$1.pem" \
    -extfile "$work/$1.ext" -startdate 20200101000000Z -enddate "${4:-21200101000000Z}"
}
authority='basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n'
leaf='basicConstraints=CA:FALSE\nkeyUsage=digitalSignature\n'
make authority authority "$authority"
make stranger stranger "$authority"
make server authority "${leaf}extendedKeyUsage=serverAuth\nsubjectAltName=DNS:localhost,IP:127.0.0.1\n"
make named authority "${leaf}extendedKeyUsage=serverAuth\nsubjectAltName=DNS:temporal.test\n"
make expired authority "${leaf}extendedKeyUsage=serverAuth\nsubjectAltName=DNS:localhost,IP:127.0.0.1\n" 20210101000000Z
make client authority "${leaf}extendedKeyUsage=clientAuth\nsubjectAltName=DNS:client.test\n"
make outsider stranger "${leaf}extendedKeyUsage=clientAuth\nsubjectAltName=DNS:client.test\n"
rm authority.key stranger.key
