import type { ControlClient } from '../control/api/client.ts'
import type { RosterPort } from '../deploy/targets/roster.ts'

/** Control's roster, for targets whose instances somebody else keeps. */
export function rosterPort(control: ControlClient, token: number): RosterPort {
  return {
    wanted: async (release, service) => (await control.call('roster.wanted', { token, release, service })).ids,
    put: async (instances) => void (await control.call('roster.put', { token, instances })),
    admit: async (ids) => void (await control.call('roster.admit', { token, ids })),
    leave: async (release, service) => (await control.call('roster.leave', { token, release, service })).ids,
    bringBack: async (service) => void (await control.call('service.start', { token, service })),
    forget: async (ids) => void (await control.call('roster.forget', { token, ids })),
    probe: async (instance) => (await control.call('roster.probe', { instance })).asked,
    smoke: async (instance, smoke) => (await control.call('roster.smoke', { token, instance, smoke })).asked,
    owed: async () => (await control.call('roster.owed', {})).owed,
    recordedImage: async (artifact) => (await control.call('image.recorded', { artifact })).image,
    recordImage: async (artifact, image) => (await control.call('image.record', { token, artifact, image })).image,
  }
}
