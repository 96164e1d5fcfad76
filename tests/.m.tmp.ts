const t0=performance.now();
const { DevServer } = await import("../src/server/dev_server.ts");
console.log("import", (performance.now()-t0).toFixed(0));
for (let i=0;i<4;i++){ const t=performance.now(); const s=await DevServer.start(); const a=performance.now(); await s.listen({port:0}); const b=performance.now(); await s.shutdown(); console.log("start",(a-t).toFixed(1),"listen",(b-a).toFixed(1),"shutdown",(performance.now()-b).toFixed(1)); }
