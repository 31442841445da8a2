import { describe, expect, it } from 'vitest'
import { forbiddenAddress } from './guard.ts'

describe('the guard', () => {
  it.each([
    '169.254.169.254',
    '169.254.170.2',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '100.100.100.200',
    '::',
    'fe80::1',
    'ff02::1',
    'fd00:ec2::254',
    '::ffff:169.254.169.254',
    '::ffff:a9fe:a9fe',
    '64:ff9b::a9fe:a9fe',
    '64:ff9b:1::a9fe:a9fe',
    '::a9fe:a9fe',
    '::169.254.169.254',
    '::ffff:0:a9fe:a9fe',
    '0:0:0:0:0:ffff:a9fe:a9fe',
    '2002:a9fe:a9fe::',
    '2002:a9fe:a9fe:1::1',
    '2001:0:a9fe:a9fe::1',
    '2001::5601:5601',
    '2001:db8::5efe:a9fe:a9fe',
    '2001:db8::200:5efe:169.254.169.254',
    'fe80::1%eth0',
    'fd00:ec2::253',
    '168.63.129.16',
    'not an address',
  ])('never lets %s through', address => {
    expect(forbiddenAddress(address, { allowInternal: true })).toBeDefined()
    expect(forbiddenAddress(address, { allowInternal: false })).toBeDefined()
  })

  it.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.31.0.1',
    '192.168.1.1',
    '100.64.0.1',
    '192.0.0.8',
    '198.18.0.1',
    '::1',
    'fd12::1',
    'fec0::1',
    '::ffff:127.0.0.1',
    '::7f00:1',
    '::ffff:0:127.0.0.1',
    '64:ff9b::10.0.0.1',
    '64:ff9b:1::808:808',
    '2002:7f00:1::',
    '2001:0:808:808::80ff:fffe',
    '2001:db8::5efe:192.168.1.1',
  ])('lets %s through where internal addresses are allowed', address => {
    expect(forbiddenAddress(address, { allowInternal: true })).toBeUndefined()
    expect(forbiddenAddress(address, { allowInternal: false })).toBeDefined()
  })

  it.each([
    '93.184.216.34',
    '2606:2800:220:1:248:1893:25c8:1946',
    '172.32.0.1',
    '100.128.0.1',
    '192.0.1.1',
    '198.20.0.1',
    '64:ff9b::808:808',
    '::ffff:8.8.8.8',
    '2002:808:808::1',
    '2001:4860:4860::8888',
  ])('lets the public address %s through', address => {
    expect(forbiddenAddress(address, { allowInternal: false })).toBeUndefined()
  })
})
