import { type Config, config as defaults, enums } from 'openpgp';

/**
 * The settings that openpgp is called with, always: for making keys and signatures, and for reading our own secret keys. What others signed, and their
 * keys, are judged by this folder's own code.
 */
export const OPENPGP_CONFIG: Config = {
  ...defaults,
  // Signing and making keys: what gpg 2.2, rpm 4 and apt read, and equal bytes for equal input and time.
  v6Keys: false,
  aeadProtect: false,
  preferredHashAlgorithm: enums.hash.sha512,
  preferredSymmetricAlgorithm: enums.symmetric.aes256,
  nonDeterministicSignaturesViaNotation: false,
  showVersion: false,
  showComment: false,
  s2kType: enums.s2k.iterated,
  s2kIterationCountByte: 224,
  // Reading keys.
  enableParsingV5Entities: false,
  ignoreUnsupportedPackets: true,
  ignoreMalformedPackets: false,
  enforceGrammar: true,
  maxUserIDLength: 5 * 1024,
  minRSABits: 2048,
  allowMissingKeyFlags: true,
  allowInsecureVerificationWithReformattedKeys: false,
  knownNotations: [],
  rejectHashAlgorithms: new Set([enums.hash.md5, enums.hash.ripemd]),
  rejectMessageHashAlgorithms: new Set([enums.hash.md5, enums.hash.ripemd, enums.hash.sha1, enums.hash.sha224]),
  rejectPublicKeyAlgorithms: new Set([enums.publicKey.dsa, enums.publicKey.elgamal]),
  rejectCurves: new Set([enums.curve.secp256k1, enums.curve.brainpoolP256r1, enums.curve.brainpoolP384r1, enums.curve.brainpoolP512r1]),
};
