// A real authorization server (npm oidc-provider): dynamic registration, PKCE, short tokens, rotated refresh tokens, revocation.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [folder, port, resource] = process.argv.slice(2);
const found = createRequire(`${folder}/package.json`).resolve('oidc-provider');
const { default: Provider } = await import(pathToFileURL(found).href);
const issuer = `http://127.0.0.1:${port}`;
const inspector = {
  client_id: 'inspector', client_secret: 'inspector-secret-of-the-resource-server', redirect_uris: [], response_types: [],
  grant_types: ['client_credentials'], token_endpoint_auth_method: 'client_secret_basic',
};
const provider = new Provider(issuer, {
  clients: [inspector],
  scopes: ['openid', 'offline_access', 'tools'],
  features: {
    devInteractions: { enabled: true },
    registration: { enabled: true },
    introspection: { enabled: true, allowedPolicy: () => true },
    revocation: { enabled: true },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => resource,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({ scope: 'tools', accessTokenTTL: 2, accessTokenFormat: 'opaque' }),
    },
  },
  clientDefaults: { grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'] },
  pkce: { required: () => true },
  rotateRefreshToken: true,
});
provider.listen(Number(port), '127.0.0.1', () => console.log('ready'));
