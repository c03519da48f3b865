use super::yaml;

/// Returns a CronJob, and the volume for the database and the exports. The configuration is a ConfigMap.
pub fn kubernetes(image: &str) -> String {
    format!(
        r#"# kubectl create configmap gatecrawl --from-file=gatecrawl.toml
# kubectl create secret generic gatecrawl --from-literal=GATECRAWL_SHOP_COOKIE=...   (if there are secrets)
# In gatecrawl.toml: db = "/data/runs.db" and out = "/data/reports/{{project}}/{{date}}".
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: gatecrawl
spec:
  accessModes: [ReadWriteOnce]
  resources:
    requests:
      storage: 10Gi
---
apiVersion: batch/v1
kind: CronJob
metadata:
  name: gatecrawl
spec:
  # The program knows what is due, in the time zones of the projects; it is asked every five minutes.
  schedule: "*/5 * * * *"
  concurrencyPolicy: Forbid
  startingDeadlineSeconds: 300
  successfulJobsHistoryLimit: 1
  failedJobsHistoryLimit: 3
  jobTemplate:
    spec:
      # What was interrupted goes on five minutes later.
      backoffLimit: 0
      template:
        spec:
          restartPolicy: Never
          # It has nothing to ask of the cluster.
          automountServiceAccountToken: false
          terminationGracePeriodSeconds: 300
          securityContext:
            runAsNonRoot: true
            runAsUser: 10001
            runAsGroup: 10001
            fsGroup: 10001
            seccompProfile:
              type: RuntimeDefault
          containers:
            - name: gatecrawl
              image: {image}
              command: ["gatecrawl"]
              args: ["schedule", "--config", "/etc/gatecrawl/gatecrawl.toml", "run", "--once"]
              envFrom:
                - secretRef:
                    name: gatecrawl
                    optional: true
              resources:
                requests:
                  cpu: 250m
                  memory: 256Mi
                limits:
                  memory: 1Gi
              securityContext:
                allowPrivilegeEscalation: false
                readOnlyRootFilesystem: true
                capabilities:
                  drop: [ALL]
              volumeMounts:
                - name: config
                  mountPath: /etc/gatecrawl
                  readOnly: true
                - name: data
                  mountPath: /data
                # Large sorts of the database.
                - name: scratch
                  mountPath: /tmp
          volumes:
            - name: config
              configMap:
                name: gatecrawl
            - name: data
              persistentVolumeClaim:
                claimName: gatecrawl
            - name: scratch
              emptyDir: {{}}
"#,
        image = yaml(image),
    )
}

#[cfg(test)]
mod tests {
    use yaml_rust2::YamlLoader;

    use super::*;

    #[test]
    fn it_is_a_volume_and_a_job_that_ticks() {
        let documents = YamlLoader::load_from_str(&kubernetes("a/b:\"1\"")).expect("YAML");
        let kinds: Vec<_> = documents.iter().map(|one| one["kind"].as_str()).collect();
        assert_eq!(kinds, [Some("PersistentVolumeClaim"), Some("CronJob")]);
        let spec = &documents[1]["spec"];
        assert_eq!(spec["concurrencyPolicy"].as_str(), Some("Forbid"));
        let schedule: Result<croner::Cron, _> = spec["schedule"].as_str().expect("text").parse();
        schedule.expect("five fields");
        let pod = &spec["jobTemplate"]["spec"]["template"]["spec"];
        assert_eq!(pod["containers"][0]["image"].as_str(), Some("a/b:\"1\""));
        let mounts = pod["containers"][0]["volumeMounts"]
            .as_vec()
            .expect("mounts");
        let volumes = pod["volumes"].as_vec().expect("volumes");
        for (mount, volume) in mounts.iter().zip(volumes) {
            assert_eq!(mount["name"], volume["name"]);
        }
    }
}
